"""The application for any WSGI server (`gunicorn app:app`) and for `flask --app app`."""

from service_desk import arriving, create_app

with arriving(to_stay=True):
    app = create_app()

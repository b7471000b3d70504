"""The application for any WSGI server (`gunicorn app:app`) and for `flask --app app`."""

from service_desk import create_app

app = create_app()

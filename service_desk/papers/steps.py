"""How far a paper is, in words for people. Apart from the jobs, since a page need not load what lays out paper."""

from service_desk.lib.i18n import N_

# What the page shows while it is built; a step is a word for people, said in their language by the page.
STEPS = {
    "gathering": N_("Gathering what is known…"),
    "writing": N_("Writing the sections…"),
    "searching": N_("Making sure that no password is in it…"),
    "laying_out": N_("Laying out the pages…"),
    "keeping": N_("Keeping the finished paper…"),
}

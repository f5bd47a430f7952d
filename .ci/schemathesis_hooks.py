"""What requests that are meant to be valid cannot have. Requests that are meant to be invalid are left as they are."""

import schemathesis
from schemathesis import GenerationMode


def without_cursor(case):
    # A cursor is taken from an answer. One that is made up is rightly refused, whatever it looks like.
    if case.query:
        case.query.pop("cursor", None)
    return case


@schemathesis.hook
def map_case(context, case):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return case
    return without_cursor(case)


@schemathesis.hook
def before_add_examples(context, examples):
    for case in examples:
        without_cursor(case)

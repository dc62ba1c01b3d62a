"""The fields of the gateway's pages."""

import html
import re


def page_fields(body):
    """Names and values of the inputs of a page."""
    fields = {}
    for tag in re.findall(rb"<input[^>]*>", body):
        name = re.search(rb'name="([^"]*)"', tag)
        value = re.search(rb'value="([^"]*)"', tag)
        if name:
            fields[name.group(1).decode()] = html.unescape(value.group(1).decode()) if value else ""
    return fields

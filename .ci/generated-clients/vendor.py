"""Adds and takes back through the client that openapi-python-client generated from what the vendor publishes."""

import os
import sys

from vendor_keys import Client, models
from vendor_keys.api.user import user_add_physical_key, user_remove_physical_key

headers = {}
if "TOKEN" in os.environ:
    headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"
if "API_KEY" in os.environ:
    headers["X-API-Key"] = os.environ["API_KEY"]
client = Client(base_url=os.environ["API"], headers=headers, raise_on_unexpected_status=True)
user = sys.argv[1]

body = models.UserAddPhysicalKeyBody(org_id="demo-org", org_name="Demo Organisation", note="Front door")
added = user_add_physical_key.sync(user, client=client, body=body)
assert added.success and added.aggregate_id == user and added.org_id == "demo-org", added
assert added.org_name == "Demo Organisation" and added.note == "Front door" and added.added_at > 0, added
assert added.event["type"] == "PhysicalKeyAdded" and added.event["data"]["number"] == added.number, added

body = models.UserRemovePhysicalKeyBody(number=added.number)
removed = user_remove_physical_key.sync(user, client=client, body=body)
assert removed.success and removed.number == added.number and removed.version == added.version + 1, removed
assert removed.event["type"] == "PhysicalKeyRemoved", removed

"""Adds, lists, takes back, reads the history and is refused, through the client that openapi-python-client generated."""

import os
from http import HTTPStatus

from physical_keys import AuthenticatedClient, Client, models
from physical_keys.api.commands import add_physical_key, remove_physical_key
from physical_keys.api.queries import list_org_physical_keys, list_physical_key_events, list_physical_keys

api, token, api_key = (os.environ[name] for name in ("API", "TOKEN", "API_KEY"))
client = AuthenticatedClient(base_url=api, token=token, headers={"X-API-Key": api_key})
user, org = "demo-user", "demo-org"

addition = models.AddPhysicalKey(org_id=org, org_name="Demo Organisation", note="Front door")
added = add_physical_key.sync(user, client=client, body=addition, idempotency_key="openapi-python-client")
assert isinstance(added, models.AddPhysicalKeyAnswer), added
assert isinstance(added.event, models.PhysicalKeyAddedEvent) and added.event.data.note == "Front door", added
again = add_physical_key.sync_detailed(user, client=client, body=addition, idempotency_key="openapi-python-client")
assert again.headers["Idempotent-Replayed"] == "true" and again.parsed.number == added.number, again

listed = list_physical_keys.sync(user, client=client, q="front", limit=100)
assert [key.number for key in listed.keys if key.number == added.number] == [added.number], listed
issued = list_org_physical_keys.sync(org, client=client)
assert any(key.user_id == user and key.number == added.number for key in issued.keys), issued

removal = models.RemovePhysicalKey(number=added.number)
removed = remove_physical_key.sync(user, client=client, body=removal)
assert isinstance(removed.event, models.PhysicalKeyRemovedEvent), removed

history = list_physical_key_events.sync(user, client=client).events[-2:]
addition, removal = history
assert isinstance(addition.event, models.PhysicalKeyAddedEvent) and isinstance(removal.event, models.PhysicalKeyRemovedEvent), history
assert isinstance(addition.record.data, models.RecordedAddition), addition.record
assert isinstance(removal.record.data, models.PhysicalKeyRemoved), removal.record
assert addition.disclosures.note.text == "Front door" and len(addition.record.data.texts.note) == 43, addition
assert removal.previous_hash == addition.hash_ and removal.record.actor.type_ is models.ActorKind.SERVICE, removal
for event in history:
    # What the document does not describe would be here.
    for part in (event, event.event, event.event.data, event.record, event.record.data, event.record.actor):
        assert part.additional_properties == {}, part

refused = remove_physical_key.sync_detailed(user, client=client, body=models.RemovePhysicalKey(number=added.number))
assert refused.status_code == HTTPStatus.NOT_FOUND and isinstance(refused.parsed, models.Problem), refused
assert refused.parsed.error == "physical_key_not_found" and refused.parsed.errors[0].pointer == "/number", refused
stranger = list_physical_keys.sync(user, client=Client(base_url=api))
assert isinstance(stranger, models.Problem) and stranger.error == "credentials_missing", stranger

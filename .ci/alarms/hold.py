"""Holds the alarms of a template against all scenarios, in every reading of what CloudWatch's guide leaves open."""

import re
import sys

from samcli.yamlhelper import yaml_parse

from cloudwatch import Alarm, readings
from scenarios import SCENARIOS, UNTIL_THE_FIRST_REPORT

with open(sys.argv[1]) as file:
    template = yaml_parse(file.read())


def resolve(value):
    """What a reference comes to here: a parameter's default, the stack's name, or the name of a resource."""
    if not isinstance(value, dict):
        return value
    [(function, of)] = value.items()
    if function == "Fn::GetAtt":
        return ".".join(of) if isinstance(of, list) else of
    if function == "Ref":
        return template["Parameters"].get(of, {}).get("Default", of)
    return re.sub(r"\$\{([^}]+)\}", r"\1", of.replace("${AWS::StackName}", "stack"))


alarms = {name: Alarm(is_["Properties"], resolve) for name, is_ in template["Resources"].items() if is_["Type"] == "AWS::CloudWatch::Alarm"}
faults, gone_off, evaluated = [], set(), 0
for what, deployment, begins, expected in SCENARIOS:
    for name, alarm in alarms.items():
        for reading in readings(alarm.period):
            alarmed = alarm.alarmed(deployment.metrics, deployment.until, reading)
            evaluated += 1
            # Who waits for a report is in alarm until the first one.
            late = [second for second in alarmed if second > UNTIL_THE_FIRST_REPORT.get(name, 0) * 60]
            first = next((second for second in late if second >= begins), None)
            if name in expected:
                gone_off.add(name)
                if first is None or first > begins + expected[name] * 60:
                    when = "never" if first is None else f"after {(first - begins) // 60} minutes"
                    faults.append(f"{what}: {name} goes off {when}, not within {expected[name]} minutes ({reading})")
                    break
                if "DeadLetters" in name and late[-1] < deployment.until - 2 * alarm.period:
                    faults.append(f"{what}: {name} is over although the message is still there ({reading})")
                    break
            elif late:
                faults.append(f"{what}: {name} goes off after {(late[0] - begins) // 60} minutes ({reading})")
                break
faults += [f"no scenario has {name} go off" for name in sorted(alarms.keys() - gone_off)]
with open("docs/deploy.md") as file:
    told = set(re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", file.read(), re.M))
    told = {name for line in told for name in re.findall(r"`(\w+)`", line)}
faults += [f"docs/deploy.md does not say what to do about {name}" for name in sorted(alarms.keys() - told)]
if faults:
    sys.exit("\n".join(faults))
print(f"{len(alarms)} alarms, {len(SCENARIOS)} scenarios, {evaluated} readings: as expected")

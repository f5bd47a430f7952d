"""What may happen to a deployment, and what AWS and the functions would report of it."""

from cloudwatch import Metrics

OURS = "PhysicalKeyInventory/stack"
MINUTE, HOUR = 60, 3600


class Deployment:
    """Reports of a deployment, from second 0 on, when it was made."""

    def __init__(self, hours):
        self.until, self.metrics = hours * HOUR, Metrics()
        # Set to what is different: whether a second belongs to it.
        self.heart_stops = self.export_stops = lambda second: False

    def report(self, second, name, value, function):
        self.metrics.add(second, OURS, name, {"FunctionName": function}, value)

    def lambda_(self, second, name, function, value=1, **dimensions):
        self.metrics.add(second, "AWS/Lambda", name, {"FunctionName": function, **dimensions}, value)

    def request(self, second, status=200, latency=30):
        """API Gateway reports 0 of each error that a request is not, and the metric filters do, too."""
        for name, value in (("Count", 1), ("5xx", status >= 500), ("4xx", 400 <= status < 500), ("Latency", latency)):
            self.metrics.add(second, "AWS/ApiGateway", name, {"ApiId": "Api"}, int(value))
        for name, refused in (("Unauthenticated", 401), ("Forbidden", 403)):
            self.metrics.add(second, OURS, name, {}, int(status == refused))

    def traffic(self, every, answer=lambda second: {}):
        for second in range(30, self.until, every):
            self.request(second, **answer(second))
        return self

    def published(self, second, age=200):
        self.lambda_(second, "IteratorAge", "PublishEventsFunction", age)
        self.lambda_(second, "Errors", "PublishEventsFunction", 0)
        self.lambda_(second, "Throttles", "PublishEventsFunction", 0)

    def background(self):
        """Heartbeats every five minutes, exports at twenty past, a sweep a day."""
        for second in range(4 * MINUTE, self.until, 5 * MINUTE):
            if not self.heart_stops(second):
                self.published(second + 2)
                self.report(second + 2, "heartbeats", 1, "PublishEventsFunction")
        for hour in range(self.until // HOUR):
            second = hour * HOUR + 20 * MINUTE
            if not self.export_stops(second):
                for name in ("behind_hours", "ahead_hours", "set_aside"):
                    self.report(second + 5, name, 0, "ExportAuditFunction")
                self.lambda_(second, "Errors", "ExportAuditFunction", 0)
                self.lambda_(second, "Throttles", "ExportAuditFunction", 0)
            if hour % 24 == 2:
                self.report(second + 30 * MINUTE, "left_behind", 0, "ExportAuditFunction")
        return self

    def letters(self, queue, begin, end):
        for second in range(begin, end, MINUTE):
            self.metrics.add(second, "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": f"{queue}.QueueName"}, 1)
        return self


def within(begin, end):
    return lambda second: begin <= second < end


def quiet(hours=6, every=20):
    return Deployment(hours).traffic(every).background()


def refused(status, every, begin=HOUR, end=10**9):
    return Deployment(6).traffic(every, lambda second: {"status": status} if begin <= second < end else {}).background()


def slow(latency, every, when):
    return Deployment(6).traffic(every, lambda second: {"latency": latency} if when(second) else {}).background()


def wrong_client():
    """Eight requests of one client within a minute, while hardly anybody else asks for anything."""
    it = quiet(every=180)
    for second in range(HOUR, HOUR + 56, 7):
        it.request(second, 401)
    return it


def mapping_off(begins=HOUR):
    it = Deployment(6).traffic(20)
    it.heart_stops = lambda second: second >= begins
    return it.background()


def publisher_crashes(every):
    it = mapping_off()
    for second in range(HOUR, it.until, every):
        it.lambda_(second, "Errors", "PublishEventsFunction")
    return it


def publisher_throttled():
    it = mapping_off()
    for second in range(HOUR, it.until, 75):
        it.lambda_(second, "Throttles", "PublishEventsFunction")
    return it


def publisher_slow():
    """The bus takes 75 seconds for what comes in one: each invocation finds what is older than what the one before found."""
    it = quiet()
    for count, second in enumerate(range(HOUR, it.until, 75)):
        it.published(second, age=74_000 * count)
    return it


def bus_out_for_a_minute():
    it = quiet()
    it.published(HOUR + 70, age=72_000)
    it.lambda_(HOUR + 61, "Errors", "PublishEventsFunction")
    return it


def export_stops():
    it = Deployment(24).traffic(60)
    it.export_stops = lambda second: second >= 5 * HOUR
    return it.background()


def export_fails(hours):
    it = Deployment(24).traffic(60)
    it.export_stops = within(5 * HOUR, (5 + hours) * HOUR)
    for hour in range(5, 5 + hours):
        it.lambda_(hour * HOUR + 20 * MINUTE + 5, "Errors", "ExportAuditFunction")
    return it.background()


def export_throttled():
    it = quiet()
    it.lambda_(2 * HOUR + 20 * MINUTE, "Throttles", "ExportAuditFunction")
    return it


def exported(name, value, days=1, each=HOUR):
    it = Deployment(24 * days).background()
    for second in range(5 * HOUR + 21 * MINUTE, it.until, each):
        it.report(second, name, value, "ExportAuditFunction")
    return it


def throttled_table(minutes, name="WriteThrottleEvents", **index):
    it = quiet()
    for second in range(HOUR, HOUR + minutes * MINUTE, 20):
        it.metrics.add(second, "AWS/DynamoDB", name, {"TableName": "InventoryTable", **index}, 3)
    return it


def faulty(function, version):
    it = quiet()
    it.metrics.add(HOUR + 10, OURS, "faults", {"FunctionName": function, "ExecutedVersion": version}, 1)
    return it


def crashing(function, version):
    it = quiet()
    it.lambda_(HOUR + 10, "Errors", function, Resource=f"{function}:live", ExecutedVersion=version)
    return it


# What happens; when it begins; the alarms that go off, and in how many minutes from then at the latest; nothing else does.
UNTIL_THE_FIRST_REPORT = {"PublishEventsSilentAlarm": 15, "ExportAuditSilentAlarm": 180}
SCENARIOS = [
    ("all is well", quiet(), 0, {}),
    ("all is well with a request in three minutes", quiet(every=180), 0, {}),
    ("nobody asks for anything", Deployment(24).background(), 0, {}),
    ("the mapping is off, or may not read the stream", mapping_off(), HOUR, {"PublishEventsSilentAlarm": 25}),
    ("the mapping never worked", mapping_off(0), 0, {"PublishEventsSilentAlarm": 25}),
    ("publishing crashes at every batch", publisher_crashes(75), HOUR, {"PublishEventsSilentAlarm": 25, "PublishEventsErrorsAlarm": 10}),
    ("publishing crashes, and nothing comes but heartbeats", publisher_crashes(300), HOUR, {"PublishEventsSilentAlarm": 25, "PublishEventsErrorsAlarm": 15}),
    ("publishing finds no room", publisher_throttled(), HOUR, {"PublishEventsSilentAlarm": 25, "PublishEventsThrottlesAlarm": 10}),
    ("publishing is slow: an invocation takes 75 seconds", publisher_slow(), HOUR, {"PublishEventsLagAlarm": 15}),
    ("the bus is out for a minute", bus_out_for_a_minute(), HOUR, {}),
    ("an event cannot be published", quiet(24).letters("PublishEventsDeadLetterQueue", HOUR, 7 * HOUR), HOUR, {"PublishEventsDeadLettersAlarm": 2}),
    ("a run of the export is given up", quiet(24).letters("ExportAuditDeadLetterQueue", HOUR, 7 * HOUR), HOUR, {"ExportAuditDeadLettersAlarm": 2}),
    ("all requests fail, of which there is one in three minutes", refused(500, 180), HOUR, {"ApiServerErrorsAlarm": 14}),
    ("all requests fail, of which there are many", refused(503, 2), HOUR, {"ApiServerErrorsAlarm": 5}),
    ("all requests of one bad minute fail", refused(503, 1, HOUR + 30, HOUR + 90), HOUR, {}),
    ("all requests are slow, of which there is one in three minutes", slow(3_000, 180, within(HOUR, 9 * HOUR)), HOUR, {"ApiLatencyAlarm": 20}),
    ("two of a hundred requests are slow", slow(3_000, 1, lambda second: second >= HOUR and second % 50 == 0), HOUR, {"ApiLatencyAlarm": 20}),
    ("all requests of one bad minute are slow", slow(3_000, 1, within(HOUR + 30, HOUR + 90)), HOUR, {}),
    ("there is a slow cold start an hour", slow(2_500, 180, lambda second: second % HOUR < 180), 0, {}),
    ("nobody's token is taken, with a request a minute", refused(401, 60), HOUR, {"UnauthenticatedShareAlarm": 45}),
    ("nobody's token is taken, with many requests", refused(401, 2), HOUR, {"UnauthenticatedShareAlarm": 45, "UnauthenticatedAlarm": 10}),
    ("somebody tries 300 tokens within a minute", refused(401, 1, HOUR, HOUR + 300), HOUR, {"UnauthenticatedAlarm": 10}),
    ("a client is set up wrongly for a minute", wrong_client(), HOUR, {}),
    ("nobody may do anything, with a request a minute", refused(403, 60), HOUR, {"ForbiddenShareAlarm": 45}),
    ("nobody may do anything, with many requests", refused(403, 2), HOUR, {"ForbiddenShareAlarm": 45, "ForbiddenAlarm": 10}),
    ("the export stops", export_stops(), 5 * HOUR, {"ExportAuditSilentAlarm": 300}),
    ("the export fails every hour", export_fails(19), 5 * HOUR, {"ExportAuditSilentAlarm": 300, "ExportAuditErrorsAlarm": 120}),
    ("the export fails once", export_fails(1), 5 * HOUR, {"ExportAuditErrorsAlarm": 120}),
    ("the export finds no room", export_throttled(), 2 * HOUR, {"ExportAuditThrottlesAlarm": 120}),
    ("the export does not keep up", exported("behind_hours", 5), 5 * HOUR, {"ExportAuditBehindAlarm": 120}),
    ("the export is two hours behind", exported("behind_hours", 2), 5 * HOUR, {}),
    ("the export is ahead of the clock", exported("ahead_hours", 1), 5 * HOUR, {"ExportAuditAheadAlarm": 120}),
    ("the table and the log tell a history in two ways", exported("set_aside", 1), 5 * HOUR, {"ExportAuditSetAsideAlarm": 120}),
    ("sweeps find the export to have missed somebody, every day", exported("left_behind", 1, 7, 24 * HOUR), 5 * HOUR, {"ExportAuditMissedAlarm": 72 * 60}),
    ("the table throttles for a minute", throttled_table(1), HOUR, {}),
    ("the table throttles for five minutes", throttled_table(5), HOUR, {"TableThrottlesAlarm": 5}),
    ("an index throttles for five minutes", throttled_table(5, GlobalSecondaryIndexName="HeadIndex"), HOUR, {"TableThrottlesAlarm": 5}),
]
for command in ("AddPhysicalKey", "RemovePhysicalKey"):
    function, version = f"{command}Function", f"{command}Function.Version.Version"
    SCENARIOS += [
        (f"{command}'s new version answers 500", faulty(function, version), HOUR, {f"{command}FaultsAlarm": 3}),
        (f"{command}'s version of before answers 500", faulty(function, "7"), HOUR, {}),
        (f"{command}'s new version crashes", crashing(function, version), HOUR, {f"{command}CrashesAlarm": 3}),
        (f"{command}'s version of before crashes", crashing(function, "7"), HOUR, {}),
    ]

from tests.test_canary import *
from tests.conftest import *
def test_dbg(visit, alice, endpoint, settings):
    s = visit(alice).open(uuid4(), subscribe=0)
    endpoint.script(Script("My answerX is long.", reasoning=["Thinking abc "]), Script("Title zebra"))
    s.say("My question is this.")
    try:
        s.until(lambda f: "zebra" in json.dumps(f), 8)
    except TimeoutError:
        pass
    for f in s.frames: print(json.dumps(f)[:300])
    for r in endpoint.requests: print(r.messages)
    from django.db import connection
    with connection.cursor() as c:
        c.execute("select id, status, task_name, scheduled_at, attempts, lock from procrastinate_jobs"); print(c.fetchall())
    assert 0

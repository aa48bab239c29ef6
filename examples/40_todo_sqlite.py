# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A job list in an SQLite database.
import asyncio
import sqlite3
import tempfile
from asyncio import to_thread


def show(db):
    for id, what, done in db.execute("select id, what, done from todo order by id"):
        print(f"{id} [{'x' if done else ' '}] {what}")


def clear(db):
    with db:
        db.execute("delete from todo")
        raise RuntimeError("changed my mind")


async def main():
    with tempfile.TemporaryDirectory() as directory:
        db = await to_thread(sqlite3.connect, f"{directory}/todo.db", check_same_thread=False)
        await to_thread(
            db.execute,
            "create table todo(id integer primary key, what text not null unique, "
            "done int not null default 0)")
        jobs = ["buy milk'; drop table todo;--", "call home", "sleep"]
        with db:
            await to_thread(db.executemany, "insert into todo(what) values(?)", [(j,) for j in jobs])
        with db:
            await to_thread(db.execute, "update todo set done = 1 where what = ?", ("call home",))
        await to_thread(show, db)
        try:
            with db:
                await to_thread(db.execute, "insert into todo(what) values(?)", ("sleep",))
        except sqlite3.IntegrityError as e:
            print(f"twice: {e.sqlite_errorcode & 0xff}")
        try:
            await to_thread(clear, db)
        except RuntimeError as e:
            print(e)
        left = await to_thread(db.execute, "select count(*) from todo where not done")
        print(f"{left.fetchone()[0]} left")
        await to_thread(db.close)


asyncio.run(main())

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The protocol of report, task and attempt rows, poll, PID 1 and programs, as src/engine and src/store/schema have it, for
 * spin 6. tests/model/protocol.sh runs the table of configurations in protocol.tsv; a change of a guard there is a change here.
 *
 * A start is an intent row, then a call. Rows are read, then units are looked at, then one statement acts: whatever lies in
 * between may happen in between. A statement and its COMMIT are one step, as every writer holds its row's lock from one to the
 * other; a statement on its way is worked off by its backend also when the program is dead. The data is in another database,
 * where only the session lock fences. Each fault has a budget, each wait is a guard: so "when nothing can move, all is at its
 * end" (Monitor) says that the report ends without an operator.
 *
 *   G2  one attempt of a task at a time is claimed by a living program
 *   G3  each batch is applied once, in order, and completed means all of them
 *   G4  when nothing can move, the report has ended and nothing is left over
 *   G5  after an end no unit starts and nothing is written
 *   G6  completed, failed and canceled agree with the rows and have no active unit
 *
 * TOLERATE: failures are allowed (max-failures). PARTIAL: a retry is of one task; what it leaves alone stays failed.
 *
 * Switches that take one guard out. Each must be found: NOBARRIER (a unit that is not there is believed at once), RECORDBLIND (a
 * result is stored for a live attempt, also after a lost race), NOFREE (canceled and failed do not wait for sessions), ONELOCK (only
 * for those of the service's database), CLAIMPOS (the position is read at the claim, not under the data's lock), EARLY (completed
 * does not wait for units). NOSEEN (attempt_end takes any live attempt) is a second line: it holds while the barrier does, and with
 * NOBARRIER it makes two attempts live.
 * Reached, so that nothing above holds for want of it: REACH=state of the report, REACHDEAD a write of a dead program,
 * REACHORPHAN a start that is executed after its poll's death, REACHPART a retried task completed beside one that stays failed,
 * REACHTHAW a pause that no longer freezes.
 */
#ifndef NT
#define NT 1            /* tasks */
#endif
#ifndef NA
#define NA 2            /* attempts of a task */
#endif
#ifndef NB
#define NB 1            /* batches of a task */
#endif
#ifndef WORKERS
#define WORKERS 1
#endif
#ifndef CRASHES
#define CRASHES 1       /* of the poll */
#endif
#ifndef KILLS
#define KILLS 1         /* of programs */
#endif
#ifndef FAILS
#define FAILS 0         /* programs that exit 1, starts that are refused */
#endif
#ifndef CANCELS
#define CANCELS 1
#endif
#ifndef PAUSES
#define PAUSES 0
#endif
#ifndef CHANGES
#define CHANGES 0       /* of the pause's mode */
#endif
#ifndef RETRIES
#define RETRIES 0
#endif
#ifndef CUTS
#define CUTS 0          /* a living program loses its session with the service's database */
#endif
#define NS (NT * NA)
#define T(s) ((s) / NA)
#define K(s) ((s) % NA)

#if NS == 2
#define ANY(P) (P(0) || P(1))
#define ALL(P) (P(0) && P(1))
#define EACH(P) P(0) P(1)
#else
#define ANY(P) (P(0) || P(1) || P(2) || P(3))
#define ALL(P) (P(0) && P(1) && P(2) && P(3))
#define EACH(P) P(0) P(1) P(2) P(3)
#endif
#if NT == 1
#define ANYT(P) (P(0))
#define ALLT(P) (P(0))
#define EACHT(P) P(0)
#else
#define ANYT(P) (P(0) || P(1))
#define ALLT(P) (P(0) && P(1))
#define EACHT(P) P(0) P(1)
#endif

/* Rows. */
#define R_RUNNING 0
#define R_PAUSED 1
#define R_CANCELING 2
#define R_CANCELED 3
#define R_COMPLETED 4
#define R_FAILED 5
#define T_WAITING 0
#define T_RUNNING 1
#define T_COMPLETED 2
#define T_FAILED 3
#define T_CANCELED 4
#define A_NONE 0
#define A_LAUNCHING 1
#define A_RUNNING 2
#define A_COMPLETED 3
#define A_FAILED 4

byte report = R_RUNNING;
byte task[NT];
byte attempt[NT];               /* number of the latest, 0: none */
bool tolerated[NT];             /* a failure that a retry left alone */
bool retried[NT], retry_only;   /* only what a retry asked for starts */
bool freeze;                    /* the pause's mode */
byte max_attempts = NA - RETRIES;
byte state[NS];                 /* of the attempt */
bool recorded[NS];
byte lock1[NT], lock2[NT];      /* session locks in the service's and the data's database: slot + 1 */
byte batches[NT];               /* applied, in the data's database */

/* Programs, and what is on its way to their backends. */
#define TO_CLAIM 1
#define TO_FINISH 2
#define TO_LOCK 1
#define TO_BATCH 2
byte at[NS];                    /* 0 no process, 1 started, 2 waits, 3 claimed, 4 has the data's lock, 5 finished, 6 refused */
byte sent1[NS], sent2[NS];
byte position[NS];
bool session1[NS], session2[NS], cut[NS];

/* PID 1. */
#define U_NONE 0
#define U_ACTIVE 1
#define U_FAILED 2
#define ORPHAN 2
byte unit[NS];
byte call[NS];                  /* StartTransientUnit on its way: 1, or ORPHAN when its sender is gone */
bool stop[NS];                  /* stop job */
bool frozen;

byte crashes = CRASHES, kills = KILLS, fails = FAILS, cancels = CANCELS, pauses = PAUSES, changes = CHANGES, retries = RETRIES, cuts = CUTS;

#define LIVE(s) (state[s] == A_LAUNCHING || state[s] == A_RUNNING)
#define OPEN(s) (state[s] != A_NONE && !recorded[s])
#define SHUT(s) (!OPEN(s))
#define DEAD(s) (!LIVE(s))
#define ACTIVE(s) (unit[s] == U_ACTIVE)
#define UP(s) (ACTIVE(s) && !frozen)
#define ENDED (report == R_CANCELED || report == R_COMPLETED || report == R_FAILED)
#define OPENREPORT (report == R_RUNNING || report == R_PAUSED)
#define FENCE(s) (attempt[T(s)] == K(s) + 1 && task[T(s)] == T_RUNNING && OPENREPORT)
#define BESIDE(s) (T(s) * NA + (NA - 1 - K(s)))

inline unit_end(s, failed)
{
        unit[s] = (failed -> U_FAILED : U_NONE);
        at[s] = 0;
        stop[s] = 0
}

/* A program with its unit and its two backends; every option is one step. */
active [NS] proctype Program()
{
        byte s = _pid;
end:    do
        /* PID 1 executes the start, or it is lost with its sender. */
        :: d_step { call[s] != 0 && unit[s] == U_NONE ->
#ifdef REACHORPHAN
                assert(call[s] != ORPHAN);
#endif
                call[s] = 0; unit[s] = U_ACTIVE; at[s] = 1;
                assert(!ENDED)                          /* G5 */
           }
        :: d_step { call[s] == ORPHAN -> call[s] = 0 }
        :: d_step { call[s] == 1 && fails > 0 -> fails--; call[s] = 0 }         /* refused */
        /* Killed; stopped; failed by itself. */
        :: d_step { ACTIVE(s) && kills > 0 -> kills--; unit_end(s, true) }
        :: d_step { stop[s] && ACTIVE(s) -> unit_end(s, false) }
        :: d_step { UP(s) && at[s] < 5 && fails > 0 -> fails--; unit_end(s, true) }
        :: d_step { UP(s) && session1[s] && !cut[s] && cuts > 0 -> cuts--; cut[s] = 1 }

        /* The program. */
        :: d_step { UP(s) && at[s] == 1 -> session1[s] = 1; sent1[s] = TO_CLAIM; at[s] = 2 }
        :: d_step { UP(s) && at[s] == 3 && !session2[s] -> session2[s] = 1; sent2[s] = TO_LOCK }
        :: d_step { UP(s) && at[s] == 4 && sent1[s] == 0 && sent2[s] == 0 ->
                if
                :: position[s] < NB -> sent2[s] = TO_BATCH
                :: else -> if :: !cut[s] -> sent1[s] = TO_FINISH :: else -> at[s] = 6 fi
                fi
           }
        :: d_step { UP(s) && at[s] == 5 -> unit_end(s, false) }
        :: d_step { UP(s) && (at[s] == 6 || cut[s]) -> unit_end(s, true) }

        /* Its session with the service's database: the lock, then the claim's guard. */
        :: d_step { sent1[s] == TO_CLAIM && (lock1[T(s)] == 0 || lock1[T(s)] == s + 1) ->
                lock1[T(s)] = s + 1; sent1[s] = 0;
                if
                :: state[s] == A_LAUNCHING && FENCE(s) ->
                        assert(!ENDED);                 /* G5 */
                        assert(at[BESIDE(s)] < 3 || at[BESIDE(s)] == 6);        /* G2 */
                        state[s] = A_RUNNING;
#ifdef CLAIMPOS
                        position[s] = batches[T(s)];
#endif
                        if :: ACTIVE(s) && !cut[s] -> at[s] = 3 :: else fi
                :: else -> if :: ACTIVE(s) -> at[s] = 6 :: else fi
                fi
           }
        :: d_step { sent1[s] == TO_FINISH ->
                sent1[s] = 0;
                if
                :: state[s] == A_RUNNING && FENCE(s) ->
                        assert(!ENDED && batches[T(s)] == NB);  /* G5, G3 */
                        state[s] = A_COMPLETED; task[T(s)] = T_COMPLETED;
                        if :: ACTIVE(s) -> at[s] = 5 :: else fi
                :: else -> if :: ACTIVE(s) -> at[s] = 6 :: else fi
                fi
           }
        /* Its session with the data's: the lock, then the position; a batch is fenced by that lock alone. */
        :: d_step { sent2[s] == TO_LOCK && lock2[T(s)] == 0 ->
                lock2[T(s)] = s + 1; sent2[s] = 0;
#ifndef CLAIMPOS
                position[s] = batches[T(s)];
#endif
                if :: ACTIVE(s) -> at[s] = 4 :: else fi
           }
        :: d_step { sent2[s] == TO_BATCH ->
#ifdef REACHDEAD
                assert(ACTIVE(s));
#endif
                assert(!ENDED);                         /* G5 */
                assert(position[s] == batches[T(s)]);   /* G3 */
                batches[T(s)]++; position[s]++; sent2[s] = 0
           }
        /* What a dead program sent may be lost; then its sessions end, and with them their locks. */
        :: d_step { !ACTIVE(s) && sent1[s] != 0 -> sent1[s] = 0 }
        :: d_step { !ACTIVE(s) && sent2[s] != 0 -> sent2[s] = 0 }
        :: d_step { (!ACTIVE(s) || cut[s]) && session1[s] && sent1[s] == 0 ->
                session1[s] = 0; if :: lock1[T(s)] == s + 1 -> lock1[T(s)] = 0 :: else fi }
        :: d_step { !ACTIVE(s) && session2[s] && sent2[s] == 0 ->
                session2[s] = 0; position[s] = 0; if :: lock2[T(s)] == s + 1 -> lock2[T(s)] = 0 :: else fi }
        od
}

#define COMPLETED(t) (task[t] == T_COMPLETED)
#define FAILED(t) (task[t] == T_FAILED)
/* A failed task that is tolerated keeps no other from starting, and the report fails when nothing more can run. */
#ifdef TOLERATE
#define COUNTS(t) (false)
#define MANY (false)
#else
#define COUNTS(t) (FAILED(t) && !tolerated[t])
#define MANY ANYT(FAILED)       /* more than is allowed */
#endif
#define DUE(t) (task[t] == T_WAITING && (!retry_only || retried[t]))
#define CANRUN(t) (task[t] == T_RUNNING || DUE(t))
#define STARTS (!ANYT(COUNTS))
#define FAILING (ANYT(COUNTS) || ANYT(FAILED) && !ANYT(CANRUN))
#define WAITING(t) (DUE(t) && attempt[t] < max_attempts)
#if NT == 2
#define N_RUNNING ((task[0] == T_RUNNING) + (task[1] == T_RUNNING))
#else
#define N_RUNNING (task[0] == T_RUNNING)
#endif
#ifdef ONELOCK
#define FREE(t) (lock1[t] == 0)
#else
#define FREE(t) (lock1[t] == 0 && lock2[t] == 0)
#endif
/* A start that may still be executed is on its way. Our own calls are known to us. */
#ifdef NOBARRIER
#define SETTLED(s) (call[s] != 1)
#else
#define SETTLED(s) (call[s] == 0)
#endif
#define QUIET(s) (!ACTIVE(s) && SETTLED(s))

/* One attempt is looked at: its row and the report's, in one statement. */
#define LOOK(x) :: d_step { do_what == 0 && OPEN(x) -> s = x; seen = state[x]; seen_report = report; do_what = 1 }
#define LAUNCH(x) :: d_step { do_what == 0 && report == R_RUNNING && WAITING(x) && N_RUNNING < WORKERS && STARTS -> \
                s = x * NA + attempt[x]; assert(DEAD(BESIDE(s))); \
                state[s] = A_LAUNCHING; attempt[x]++; task[x] = T_RUNNING; do_what = 2 }
#define STOP(x) :: d_step { do_what == 0 && report == R_CANCELING && ACTIVE(x) && !frozen && !stop[x] -> stop[x] = 1 }

inline look_ends()
{
        s = 0; seen = 0; seen_report = 0; do_what = 0
}

inline poll_dies()
{
        crashes--;
        for (i : 0 .. NS - 1) {
                if :: call[i] == 1 -> call[i] = ORPHAN :: else fi
        }
        i = 0;
        look_ends()
}

#define LIVESEEN (seen == A_LAUNCHING || seen == A_RUNNING)
#ifdef NOSEEN
#define SAME(s) LIVE(s)
#else
#define SAME(s) (state[s] == seen && LIVE(s))
#endif
#ifdef RECORDBLIND
#define RECORDABLE(s) (true)
#else
#define RECORDABLE(s) (DEAD(s) || report == R_CANCELING)
#endif

active proctype Poll()
{
        byte s, seen, seen_report, do_what, i;

end:    do
        :: d_step { crashes > 0 && !ENDED -> poll_dies() }

        EACH(LOOK)
        /* Its unit, asked for after the row was read. */
        :: d_step { do_what == 1 ->
                if
                :: ACTIVE(s) || !SETTLED(s) -> look_ends()
                :: else -> do_what = (LIVESEEN && seen_report != R_CANCELING -> 3 : 4)
                fi
           }
        /* attempt_end() */
        :: d_step { do_what == 3 ->
                if
                :: SAME(s) && OPENREPORT ->
                        state[s] = A_FAILED;
                        if
                        :: task[T(s)] == T_RUNNING && attempt[T(s)] == K(s) + 1 ->
                                /* Of a lost one the schema allows more: a higher bound, no other transition. */
                                task[T(s)] = (attempt[T(s)] < max_attempts -> T_WAITING : T_FAILED)
                        :: else
                        fi;
                        do_what = 4
#ifdef RECORDBLIND
                :: else -> do_what = 4
#else
                :: else -> look_ends()
#endif
                fi
           }
        /* attempt_record(), and the unit is let go */
        :: d_step { do_what == 4 ->
                if
                :: RECORDABLE(s) -> recorded[s] = 1; unit[s] = (ACTIVE(s) -> U_ACTIVE : U_NONE)
                :: else
                fi;
                look_ends()
           }

        EACHT(LAUNCH)
        :: d_step { do_what == 2 -> call[s] = 1; look_ends() }

        /* completed */
#ifdef EARLY
        :: d_step { do_what == 0 && report == R_RUNNING && ALLT(COMPLETED) -> do_what = 5 }
#else
        :: d_step { do_what == 0 && report == R_RUNNING && ALLT(COMPLETED) && ALL(SHUT) && ALL(QUIET) && !frozen -> do_what = 5 }
#endif
        :: d_step { do_what == 5 ->
                if
                :: report == R_RUNNING && ALLT(COMPLETED) && ALL(DEAD) ->
                        report = R_COMPLETED;
                        assert(!ANY(ACTIVE))            /* G6 */
                :: else
                fi;
                look_ends()
           }

        /* failed, canceled: units, then sessions, then the write */
        :: d_step { do_what == 0 && (report == R_CANCELING || report == R_RUNNING && FAILING) && ALL(SHUT) && ALL(QUIET) &&
                !frozen -> do_what = 6 }
#ifdef NOFREE
        :: d_step { do_what == 6 -> do_what = 7 }
#else
        :: d_step { do_what == 6 && ALLT(FREE) -> do_what = 7 }
        :: d_step { do_what == 6 && !ALLT(FREE) -> look_ends() }
#endif
        :: d_step { do_what == 7 ->
                if
                :: report == R_CANCELING ->
                        for (i : 0 .. NS - 1) {
                                if :: LIVE(i) -> state[i] = A_FAILED :: else fi;
                                recorded[i] = (state[i] != A_NONE)
                        }
                        for (i : 0 .. NT - 1) {
                                if :: task[i] == T_WAITING || task[i] == T_RUNNING -> task[i] = T_CANCELED :: else fi
                        }
                        report = R_CANCELED;
                        assert(!ANY(ACTIVE))            /* G6 */
                :: report == R_RUNNING && FAILING && ALL(DEAD) ->
                        report = R_FAILED;
                        assert(!ANY(ACTIVE))            /* G6 */
                :: else
                fi;
                i = 0; look_ends()
           }

        EACH(STOP)
        :: d_step { do_what == 0 && report == R_PAUSED && freeze && !frozen && ANY(ACTIVE) -> frozen = 1 }
        :: d_step { do_what == 0 && (report != R_PAUSED || !freeze) && frozen ->
#ifdef REACHTHAW
                assert(report != R_PAUSED);
#endif
                frozen = 0 }
        od
}

/* report_retry() of one task: the others that failed are tolerated, and what waits waits on if they are more than is allowed. */
#define RETRY(x) :: d_step { retries > 0 && report == R_FAILED && FAILED(x) -> retries--; max_attempts++; report = R_RUNNING; \
                task[x] = T_WAITING; tolerated[x] = 0; retry_only = MANY; \
                tolerated[NT - 1 - x] = FAILED(NT - 1 - x); retried[NT - 1 - x] = 0; retried[x] = 1 }

/* Callers. */
active proctype Caller()
{
end:    do
        :: d_step { cancels > 0 && OPENREPORT -> cancels--; report = R_CANCELING }
        :: d_step { pauses > 0 && report == R_RUNNING -> pauses--; report = R_PAUSED; freeze = 1 }
        :: d_step { changes > 0 && report == R_PAUSED -> changes--; freeze = !freeze }
        :: d_step { report == R_PAUSED -> report = R_RUNNING; freeze = 0 }
#ifdef PARTIAL
        EACHT(RETRY)
#else
        :: d_step { retries > 0 && report == R_FAILED -> retries--; max_attempts++; report = R_RUNNING;
                if :: task[0] == T_FAILED -> task[0] = T_WAITING :: else fi;
                if :: task[NT - 1] == T_FAILED -> task[NT - 1] = T_WAITING :: else fi }
#endif
        od
}

#define IDLE(s) (call[s] == 0 && sent1[s] == 0 && sent2[s] == 0 && !session1[s] && !session2[s] && !ACTIVE(s))
#define TASKENDED(t) (task[t] == T_COMPLETED || task[t] == T_FAILED || task[t] == T_CANCELED || \
        (report == R_FAILED && task[t] == T_WAITING))
active proctype Monitor()
{
end:    timeout;
        assert(ENDED);                                  /* G4 */
        assert(ALL(DEAD) && ALL(SHUT) && ALL(IDLE) && ALLT(TASKENDED) && !frozen);
        assert(report != R_COMPLETED || (ALLT(COMPLETED) && batches[0] == NB && batches[NT - 1] == NB));        /* G6, G3 */
#ifdef REACHPART
        assert(report != R_FAILED || !retry_only || !ANYT(COMPLETED));
#endif
#ifdef REACH
        assert(report != REACH)
#endif
}

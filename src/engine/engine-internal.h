/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of this room only.
 *
 * A check goes through phases; each phase starts asynchronous operations, and when the last of them has been answered
 * the next phase begins. Events that come during a check set `dirty`, and another check follows. */

#include <systemd/sd-id128.h>

#include "base/log.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/pressure.h"
#include "model/names.h"
#include "model/state.h"

/* Hooks that are told beside each other. Source: LIMIT of poll-hooks.sql. */
#define HOOKS_MAX 256

typedef enum Phase {
        PHASE_IDLE,      /* no check runs */
        PHASE_SNAPSHOT,  /* read the report's row and the open attempts */
        PHASE_LAUNCHERS, /* ask the bus whether launchers of other polls still live */
        PHASE_UNITS,     /* list the units: comes after all calls of launchers that are gone */
        PHASE_SETTLE,    /* act on each open attempt: read results, end, record, stop, freeze, thaw */
        PHASE_RELEASE,   /* let go of the units whose result is stored */
        PHASE_MEASURE,   /* is the host well? */
        PHASE_THROTTLE,  /* set the window by that */
        PHASE_ADVANCE,   /* complete steps, start the next */
        PHASE_LAUNCH,    /* write intents and start units */
        PHASE_FREE,      /* at an end: are former attempts' sessions gone? */
        PHASE_END,       /* write the final state */
        PHASE_HOOK,      /* tell the hook of ended steps, and of the report's end */
        PHASE_REASON,    /* say what the report waits for */
        _PHASE_MAX,
} Phase;

/* What this process knows of a unit beyond what is read in each check. */
typedef struct Attempt {
        int64_t id;
        uint32_t task;
        uint32_t number;
        State state;
        char *unit;
        char *step;
        char *launcher;
        bool expander;
        bool other_bus;               /* launched over a bus that has ended: before a boot, or a restart of the bus */
        int64_t age_usec;             /* since it ended, -1: live */
        uint64_t memory_max_bytes;    /* what it was given, 0: no limit of ours */
        int64_t moved_usec;           /* as poll-attempts.sql has it: another value when counters have moved */
        usec_t progress_timeout_usec; /* USEC_INFINITY: for ever, or it does not matter now */
        usec_t still_since_usec;      /* CLOCK_MONOTONIC; this process has seen no move since */
        usec_t looked_usec;           /* CLOCK_MONOTONIC; the latest look */
        int64_t stalled_msec;         /* the step's time without progress is over by then, -1: no */
        usec_t timeout_usec;          /* how long it may run; USEC_INFINITY: for ever */
        usec_t started_usec;          /* CLOCK_MONOTONIC; 0: not known yet */
        usec_t frozen_usec;           /* so much of that time it was frozen, without the freeze that lasts */
        int64_t frozen_since_usec;    /* CLOCK_MONOTONIC, as stored; -1: it is not frozen */
        int64_t stop_msec;            /* with stop_class: after how long */
        char stop_class[16];          /* why the poll stops it, as stored; "": that is no class of the attempt */
        bool seen;                    /* in the snapshot of this check */
        bool settled;                 /* no start of it can be in flight any more */
        bool listed;                  /* PID 1 has the unit loaded */
        bool active;
        bool recorded; /* result stored in this check: to be released */
        bool pinned;   /* by this connection */
        bool unpinned; /* said that PID 1 refuses to */
        bool thawed;   /* since the report left the frozen pause, or this process began */
        bool frozen;
        bool stopping;   /* StopUnit was accepted */
        bool unkillable; /* said that its unit has failed with processes left */
        bool has_result; /* what is to be stored once the attempt's end is */
        UnitResult result;
} Attempt;

/* What a check read. */
typedef struct Snapshot {
        State state;
        bool freeze;
        uint32_t workers;
        bool any_failed; /* the report is to fail: nothing more is started */
        bool stop_on_failure;
        int64_t next_usec;        /* until the earliest back-off ends, -1: none */
        char *wait_reason;        /* as stored */
        uint32_t throttle_window; /* so many tasks at once, UINT32_MAX: not throttled */
        char *throttle_reason;
        char *waits;                    /* of a pause or a back-off: who asked for it and since when, or until when */
        char held[NAME_LENGTH_MAX + 1]; /* the step that a hold keeps from beginning, "": none */
        int64_t held_uid;               /* who asked for it */
} Snapshot;

/* What an answer belongs to. The table may move between call and answer, so it is found by id. */
typedef struct Operation {
        Engine *engine;
        int64_t attempt; /* 0: of the report */
        struct Operation *previous, *next;
} Operation;

/* What this process knows for the throttle. */
typedef struct Throttle {
        const ThrottleSettings *settings; /* NULL: off */
        usec_t next_usec;                 /* CLOCK_MONOTONIC; when it is measured again */
        bool measured;                    /* in this check */
        bool unknown;                     /* the check unit has not said anything yet */
        bool hangs;                       /* the check unit does not end */
        bool blind;                       /* said that something can't be measured */
        ThrottleCheck check;
        char exceeded[256]; /* by the latest measurement: the first limit that is not kept; "": none */
} Throttle;

typedef enum Fence {
        FENCE_NONE, /* not started in this end */
        FENCE_RUNNING,
        FENCE_PASSED,
} Fence;

struct Engine {
        sd_event *event;
        PgClient *pg;
        UnitHost *host;
        Definition *definition;
        sd_event_source *timer;
        EngineEndHandler on_end;
        void *userdata;

        uint32_t report;
        char *migration;
        char *worker_conninfo;
        char *definition_root;
        char *slice;
        char *elsewhere; /* name of the host that runs the report instead, NULL: this one does */
        char bus_id[SD_ID128_UUID_STRING_MAX];

        Phase phase;
        unsigned pending; /* operations of the phase that wait for their answer */
        bool locked;      /* the report's lock is held by e->pg */
        bool dirty;       /* another check is due */
        bool broken;      /* an operation of this check failed: check again after a pause */
        bool unanswered;  /* a statement of this check was not answered */
        bool changed;     /* this check wrote something: check again at once */
        bool ended;       /* on_end was called */

        Throttle throttle;
        Operation *operations;
        Snapshot snap;
        Attempt *attempts;
        size_t n_attempts;
        bool slice_empty;
        bool fence_listed;
        bool fence_active;
        Fence fence;
        char *fence_unit;
        usec_t fence_next_usec; /* CLOCK_MONOTONIC; not before */
        char fence_reason[512]; /* why the last one did not pass; until one passes, or no end is due any more */
        int64_t sessions;       /* that hold a task's lock; -1: not read in this check */
        size_t n_hooks;         /* that were due in this check */
        int64_t hooks_asked[HOOKS_MAX]; /* whose start PID 1 has answered, and that may not have run yet */
        size_t n_hooks_asked;
        int64_t hook_busy;      /* the latest that was said to run since an earlier end, 0: none */
        bool no_step;           /* report_advance() found no step to run */
        int64_t step;           /* ord of the step that was said to run, -1: none yet */
        const char *ending;     /* the state that is being written */
        char reason[512];
        char status[640];
};

/* engine.c */
/* Each asynchronous call of a phase is an operation; NULL when out of memory, then the check is repeated. */
Operation *operation_new(Engine *e, int64_t attempt);
/* error != 0: logged, and the check is repeated after a pause; the first error of a check is the report's wait
 * reason. what: the name of the unit follows it when the operation is one of an attempt. The last operation of a
 * phase begins the next phase, or the last one if the check has failed. */
void operation_end(Operation *o, int error, const char *what, const char *message);
/* For a call that could not be sent at all: as operation_end(). */
void operation_sent(Operation *o, int r, const char *what);
void engine_poke(Engine *e);
/* host: the one that runs the report instead, copied. The engine ends. */
void engine_end_elsewhere(Engine *e, const char *host);
/* Queues a statement as an operation of the phase; the callback has to call operation_end(). */
void engine_query(Engine *e, int64_t attempt, const SqlStatement *sql, const char *const *params,
                  PgCallback callback);
/* The usual answer to a failed statement; returns whether it was one. */
bool operation_failed(Operation *o, const char *what, const PgError *error);
int engine_schedule(Engine *e, usec_t delay_usec);
usec_t engine_now(Engine *e);
void engine_set_reason(Engine *e, const char *format, ...) _printf_(2, 3);
size_t engine_count_active(Engine *e);
LogContext engine_log_context(Engine *e, const Attempt *a);

/* snapshot.c */
void engine_phase_snapshot(Engine *e);
void engine_phase_launchers(Engine *e);
void engine_phase_units(Engine *e);

/* settle.c */
void engine_phase_settle(Engine *e);
void engine_phase_release(Engine *e);
void attempt_send_freeze(Engine *e, Attempt *a);
void attempt_send_stop(Engine *e, Attempt *a);
/* Ends an attempt with an outcome, and then stores its result (NULL: nothing to be read), as operations. */
void attempt_end_with(Engine *e, Attempt *a, const Outcome *outcome, const UnitResult *result);

/* throttle.c */
void engine_phase_measure(Engine *e);
void engine_phase_throttle(Engine *e);
/* Until the next measurement is due; USEC_INFINITY: none is. */
usec_t engine_throttle_delay(Engine *e);

/* launch.c */
void engine_phase_advance(Engine *e);
void engine_phase_launch(Engine *e);
/* Starts the definition's fence program as a unit. */
int fence_start(Engine *e);

/* end.c */
void fence_on_started(const UnitReply *reply, void *userdata);
void engine_phase_free(Engine *e);
void engine_phase_end(Engine *e);

/* hook.c */
void engine_phase_hook(Engine *e);

/* attempts.c: the table of open attempts */
Attempt *attempt_find(Engine *e, int64_t id);
Attempt *attempt_find_unit(Engine *e, const char *unit);
/* A new entry, without limits; pointers to other entries become invalid. NULL: out of memory. */
Attempt *attempt_add(Engine *e, int64_t id);
bool attempt_is_live(const Attempt *a);
void attempts_drop_unseen(Engine *e);
/* A look at an attempt's counters, now_usec on CLOCK_MONOTONIC: sets stalled_msec. The clock of the database may
 * jump, so the time is taken here; it begins anew with the process, and after a time in which nobody could look. */
void attempt_watch(Attempt *a, usec_t progress_timeout_usec, int64_t moved_usec, usec_t now_usec);
void attempts_free(Engine *e);

/* limits.c */
/* The class of a live attempt that has used up one of its times, and how long that was; NULL: none. */
const char *attempt_over_limit(const Attempt *a, usec_t now_usec, int64_t *ret_msec);
/* Until the next attempt has; USEC_INFINITY: none will. */
usec_t attempts_limit_delay(const Engine *e, usec_t now_usec);
/* The others are operations of the phase. This one after the thaw was answered: a connection may have 128 calls that
 * wait for their answer. */
void attempt_find_start(Engine *e, Attempt *a);
/* Its time stands still from now on, so it is noted first. */
void attempt_freeze(Engine *e, Attempt *a);
void attempt_note_thaw(Engine *e, Attempt *a);
/* Says in a row why, if there is a reason that is the attempt's class, and stops the unit then. */
void attempt_stop(Engine *e, Attempt *a);

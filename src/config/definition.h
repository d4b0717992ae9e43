/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Definitions of migrations: NAME.json in /etc/migrationd/migrations, /run/migrationd/migrations and
 * /usr/lib/migrationd/migrations; the first of these that has the name wins. */

#include "base/macro.h"

typedef enum OnFailure {
        ON_FAILURE_FINISH,      /* tasks in flight are let finish */
        ON_FAILURE_STOP,        /* tasks in flight are stopped */
} OnFailure;

typedef enum Contract {
        CONTRACT_CLAIM,         /* the program claims and finishes itself */
        CONTRACT_EXIT_CODE,     /* any program; migrationd-task claims, finishes when it exits 0 */
} Contract;

/* What a step does about a class of failure. */
typedef enum FailureAction {
        FAILURE_RETRY, /* the task is tried again, as often as its attempts allow */
        FAILURE_SPLIT, /* the expander makes smaller tasks of its input */
        FAILURE_SKIP,  /* the task is skipped, and is one of the report's problems */
        FAILURE_FAIL,  /* the task fails at once */
        _FAILURE_ACTION_MAX,
} FailureAction;

typedef struct FailurePolicy {
        const char *class; /* one of failure_classes; static */
        FailureAction action;
        FailureAction then;  /* when no attempt is left; not FAILURE_RETRY */
        uint32_t attempts;   /* so many may end in this class, 0: the step's number counts */
        usec_t backoff_usec; /* USEC_INFINITY: the step's */
        usec_t backoff_max_usec;
        uint32_t memory_percent; /* of the attempt before, for the next; 0: the same memory */
        uint64_t memory_ceiling_bytes;
} FailurePolicy;

/* The classes that a policy can be made for, NULL-terminated: the unit's own Result=, and what the service adds. */
extern const char *const failure_classes[];

/* "retry", "split", "skip", "fail"; NULL-terminated, by FailureAction. */
extern const char *const failure_actions[];

typedef struct DefinitionStep {
        char *code;             /* [a-z0-9_]+ */
        char *message;          /* one line for people */
        char **exec;            /* argv, absolute path first */
        char **expand;          /* argv of the expander, NULL: none */
        uint32_t parallel;      /* tasks at once, UINT32_MAX: bounded by the window of workers only */
        uint32_t attempts;      /* 1..100 */
        usec_t backoff_usec;    /* before the second attempt; doubles with each */
        usec_t backoff_max_usec;
        usec_t timeout_usec;    /* of one attempt; USEC_INFINITY: none */
        usec_t progress_timeout_usec;   /* how long a task's counters may stand still; USEC_INFINITY: for ever */
        OnFailure on_failure;
        uint32_t max_failures;  /* so many tasks may fail before nothing more of the step is started */
        uint32_t max_failures_percent;  /* of the step's tasks, 0..100; the larger of both counts */
        uint32_t max_skipped;  /* so many tasks may be skipped for their class, one more fails; UINT32_MAX: any */
        uint32_t max_skipped_percent;  /* of the step's tasks, 0..100; the larger of both counts */
        FailurePolicy *policies;        /* by class of failure; one that has none is tried again */
        size_t n_policies;
        uint64_t memory_max_bytes; /* of a task's unit, 0: no limit of the definition's */
        Contract contract;
        char *user;             /* resolved: the step's or the definition's */
        char **writable;        /* absolute paths, resolved as user */
        bool dry_run;           /* runs under the option dry_run */
} DefinitionStep;

typedef struct Definition {
        char *name;             /* [a-z0-9_]+, equal to the file's stem */
        char *path;             /* of the file */
        char *description;      /* "" when not given */
        char *digest;           /* SHA-256 of the file, hex */
        char *user;             /* the definition's, "" when each step names one */
        char **writable;
        char **fence;           /* argv, NULL: none */
        char *hook;             /* template unit "NAME@.service", "" for none */
        char **environment;     /* "KEY=value" */
        DefinitionStep *steps;
        size_t n_steps;         /* at least 1 */
} Definition;

/* Accepts NULL and half-built objects, returns NULL. */
Definition *definition_free(Definition *d);
DEFINE_CLEANUP(Definition *, definition_free);

/* Parses one file. trusted: refuse a file or a parent directory that is not owned by root or is writable by
 * others, a symbolic link to such a file, and programs that are missing or not executable (off for
 * `definition verify` of a draft's place, on for everything that runs). *ret_error: one line, owned by the
 * caller, that names file, JSON pointer and reason. Returns 0, -ENOENT, -EPERM (not trusted), -EBADMSG (not
 * valid), -EFBIG (over DEFINITION_BYTES_MAX) or another errno. */
int definition_load_file(const char *path, bool trusted, Definition **ret, char **ret_error);

/* Finds and loads a definition by name, trusted. -EINVAL: not a name. -ENOENT: there is none. A file that is
 * there and not valid or not trusted is an error; a file of the same name with lower precedence is not taken
 * instead. root: "" or a prefix directory, for tests. */
int definition_load(const char *root, const char *name, Definition **ret, char **ret_error);

/* Names of all definitions, sorted, without duplicates; a NULL-terminated list owned by the caller. */
int definition_list(const char *root, char ***ret);

/* NULL when there is none. */
const DefinitionStep *definition_find_step(const Definition *d, const char *code);

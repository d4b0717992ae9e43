/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Plans and reports as the service shows them. */

#include "client/client.h"
#include "model/state.h"

typedef struct Plan {
        uint32_t id;
        char *name;             /* "" when it has none */
        char *migration;
        char *document;         /* as it was stored */
        uint32_t uid;
        uint64_t created_usec;
} Plan;

typedef struct ReportStep {
        char *code;
        char *message;
        State state;
        uint64_t done, total;
        uint64_t started_usec, finished_usec;   /* 0: not yet */
} ReportStep;

/* The first tasks of a step, where a list was asked for them. */
typedef struct ReportStepTasks {
        char *code;
        uint32_t *ids;
        size_t n;
} ReportStepTasks;

typedef struct Report {
        uint32_t id;
        char *plan_path;
        char *plan_name;        /* "" when it has none */
        char *migration;
        State state;
        char *pause_mode;       /* "", drain, freeze */
        uint32_t workers;
        char *options;          /* a JSON object */
        uint32_t uid;
        ReportStep *steps;
        size_t n_steps;
        ReportStepTasks *step_tasks;    /* NULL: not asked for */
        size_t n_step_tasks;
        char **held;            /* codes of the steps that are held; NULL: none */
        uint64_t done, total;
        uint32_t tasks[_STATE_MAX];     /* by state */
        uint64_t problems;
        char *failed_unit, *failed_error;       /* "" when no task failed */
        char *wait_reason;      /* "" when it waits for nothing */
        char *elsewhere;        /* name of another host that runs it, "": the service's own does */
        uint64_t created_usec, started_usec, finished_usec;     /* 0: not yet */
        double rate;                            /* items per second of the running step, 0: not known */
        uint64_t eta_low_usec, eta_high_usec;   /* of the running step, 0: not known */
} Report;

/* All of these accept NULL and return NULL. */
Plan *plan_free(Plan *p);
Report *report_free(Report *r);
DEFINE_CLEANUP(Plan *, plan_free);
DEFINE_CLEANUP(Report *, report_free);

/* Frees a list of n and its elements. */
void plan_list_free(Plan **list, size_t n);
void report_list_free(Report **list, size_t n);

/* Whether nothing will happen to the report any more without a request: completed, failed, canceled. */
bool report_is_finished(const Report *r);

/* Id of the report's plan, 0 when not known. */
uint32_t report_plan_id(const Report *r);

/* The step that runs, or the first that is not completed; NULL when all are. */
const ReportStep *report_current_step(const Report *r);

/* By name or id. Returns 0 or a negative errno with *ret_error set; so do the following. */
int plan_get(Client *c, const char *name_or_id, Plan **ret, sd_bus_error *ret_error);
int report_get(Client *c, uint32_t id, Report **ret, sd_bus_error *ret_error);

/* Reads one from the a{sv} at the message's position: the reply to GetAll, or an element of a list. */
int plan_read(sd_bus_message *m, Plan **ret, sd_bus_error *ret_error);
int report_read(sd_bus_message *m, Report **ret, sd_bus_error *ret_error);

/* The report that a command without a report's id means: the unfinished one, else the newest. *ret is 0 when
 * there is none. */
int report_default(Client *c, bool unfinished_only, uint32_t *ret, sd_bus_error *ret_error);

/* All, oldest first, page by page. states: NULL-terminated words, NULL: all. The lists are owned by the
 * caller. */
int plan_list(Client *c, Plan ***ret, size_t *ret_n, sd_bus_error *ret_error);
int report_list(Client *c, char *const *states, Report ***ret, size_t *ret_n, sd_bus_error *ret_error);

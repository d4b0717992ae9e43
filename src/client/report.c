/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/report.h"

#include "base/text.h"
#include "client/dictionary.h"

Plan *plan_free(Plan *p) {
        if (!p)
                return NULL;
        free(p->name);
        free(p->migration);
        free(p->document);
        free(p);
        return NULL;
}

static void steps_free(ReportStep *steps, size_t n) {
        for (size_t i = 0; i < n; i++) {
                free(steps[i].code);
                free(steps[i].message);
        }
        free(steps);
}

static void step_tasks_free(ReportStepTasks *list, size_t n) {
        for (size_t i = 0; i < n; i++) {
                free(list[i].code);
                free(list[i].ids);
        }
        free(list);
}

Report *report_free(Report *r) {
        if (!r)
                return NULL;
        steps_free(r->steps, r->n_steps);
        step_tasks_free(r->step_tasks, r->n_step_tasks);
        strv_free(r->held);
        free(r->plan_path);
        free(r->plan_name);
        free(r->migration);
        free(r->pause_mode);
        free(r->options);
        free(r->failed_unit);
        free(r->failed_error);
        free(r->wait_reason);
        free(r->elsewhere);
        free(r);
        return NULL;
}

bool report_is_finished(const Report *r) {
        return r->state == STATE_COMPLETED || r->state == STATE_FAILED || r->state == STATE_CANCELED;
}

uint32_t report_plan_id(const Report *r) {
        return client_path_id(r->plan_path);
}

const ReportStep *report_current_step(const Report *r) {
        for (size_t i = 0; i < r->n_steps; i++)
                if (r->steps[i].state == STATE_RUNNING)
                        return &r->steps[i];
        for (size_t i = 0; i < r->n_steps; i++)
                if (r->steps[i].state != STATE_COMPLETED)
                        return &r->steps[i];
        return NULL;
}

static int read_state(sd_bus_message *m, void *member) {
        const char *word;
        int r;

        r = sd_bus_message_read_basic(m, SD_BUS_TYPE_STRING, &word);
        if (r < 0)
                return r;
        *(State *) member = state_from_string(word);
        return 0;
}

static int read_step(sd_bus_message *m, ReportStep *ret) {
        const char *code, *message, *state;
        ReportStep step = {};
        int r;

        r = sd_bus_message_read(m, "(ssstttt)", &code, &message, &state, &step.done, &step.total,
                                &step.started_usec, &step.finished_usec);
        if (r <= 0)
                return r;
        step.state = state_from_string(state);
        step.code = strdup(code);
        step.message = strdup(message);
        *ret = step;
        return step.code && step.message ? 1 : -ENOMEM;
}

/* The member is the report's steps: the pointer and, right behind it, their number. */
static int read_steps(sd_bus_message *m, void *member) {
        Report *report = (Report *) ((char *) member - offsetof(Report, steps));
        int r;

        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "(ssstttt)");
        if (r < 0)
                return r;
        steps_free(report->steps, report->n_steps);
        report->steps = NULL;
        report->n_steps = 0;
        for (;;) {
                ReportStep step = {}, *grown;

                r = read_step(m, &step);
                if (r == 0)
                        break;
                grown = reallocarray(report->steps, report->n_steps + 1, sizeof(ReportStep));
                if (!grown) {
                        free(step.code);
                        free(step.message);
                        return -ENOMEM;
                }
                report->steps = grown;
                grown[report->n_steps++] = step;
                if (r < 0)
                        return r;
        }
        return sd_bus_message_exit_container(m);
}

/* At a dict entry's content. */
static int read_step_tasks_of(sd_bus_message *m, ReportStepTasks *ret) {
        const char *code;
        const void *ids;
        size_t size;
        int r;

        r = sd_bus_message_read_basic(m, SD_BUS_TYPE_STRING, &code);
        if (r < 0)
                return r;
        r = sd_bus_message_read_array(m, SD_BUS_TYPE_UINT32, &ids, &size);
        if (r < 0)
                return r;
        *ret = (ReportStepTasks) { .code = strdup(code), .ids = malloc(MAX(size, 1u)), .n = size / sizeof(uint32_t) };
        if (!ret->code || !ret->ids)
                return -ENOMEM;
        if (size > 0)
                memcpy(ret->ids, ids, size);
        return sd_bus_message_exit_container(m);
}

/* The member is the list: the pointer and, right behind it, its length. */
static int read_step_tasks(sd_bus_message *m, void *member) {
        Report *report = (Report *) ((char *) member - offsetof(Report, step_tasks));
        int r;

        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "{sau}");
        if (r < 0)
                return r;
        step_tasks_free(report->step_tasks, report->n_step_tasks);
        report->step_tasks = NULL;
        report->n_step_tasks = 0;
        while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, "sau")) > 0) {
                ReportStepTasks *grown;

                grown = reallocarray(report->step_tasks, report->n_step_tasks + 1, sizeof(ReportStepTasks));
                if (!grown)
                        return -ENOMEM;
                report->step_tasks = grown;
                grown[report->n_step_tasks++] = (ReportStepTasks) {};
                r = read_step_tasks_of(m, &grown[report->n_step_tasks - 1]);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_held(sd_bus_message *m, void *member) {
        char ***held = member;

        *held = strv_free(*held);
        return sd_bus_message_read_strv(m, held);
}

static int read_tasks(sd_bus_message *m, void *member) {
        uint32_t *counts = member;
        const char *word;
        uint32_t count;
        int r;

        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "{su}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "{su}", &word, &count)) > 0) {
                State s = state_from_string(word);

                if (s >= 0)
                        counts[s] = count;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static const DictionaryField plan_fields[] = {
        { "Id", "u", offsetof(Plan, id), NULL },
        { "Name", "s", offsetof(Plan, name), NULL },
        { "Migration", "s", offsetof(Plan, migration), NULL },
        { "Document", "s", offsetof(Plan, document), NULL },
        { "UID", "u", offsetof(Plan, uid), NULL },
        { "CreatedUSec", "t", offsetof(Plan, created_usec), NULL },
};

static const DictionaryField report_fields[] = {
        { "Id", "u", offsetof(Report, id), NULL },
        { "Plan", "o", offsetof(Report, plan_path), NULL },
        { "PlanName", "s", offsetof(Report, plan_name), NULL },
        { "Migration", "s", offsetof(Report, migration), NULL },
        { "State", "s", offsetof(Report, state), read_state },
        { "PauseMode", "s", offsetof(Report, pause_mode), NULL },
        { "Workers", "u", offsetof(Report, workers), NULL },
        { "Options", "s", offsetof(Report, options), NULL },
        { "UID", "u", offsetof(Report, uid), NULL },
        { "Steps", "a(ssstttt)", offsetof(Report, steps), read_steps },
        { "StepTasks", "a{sau}", offsetof(Report, step_tasks), read_step_tasks },
        { "Held", "as", offsetof(Report, held), read_held },
        { "Done", "t", offsetof(Report, done), NULL },
        { "Total", "t", offsetof(Report, total), NULL },
        { "Tasks", "a{su}", offsetof(Report, tasks), read_tasks },
        { "Problems", "t", offsetof(Report, problems), NULL },
        { "FailedUnit", "s", offsetof(Report, failed_unit), NULL },
        { "FailedError", "s", offsetof(Report, failed_error), NULL },
        { "WaitReason", "s", offsetof(Report, wait_reason), NULL },
        { "Elsewhere", "s", offsetof(Report, elsewhere), NULL },
        { "CreatedUSec", "t", offsetof(Report, created_usec), NULL },
        { "StartedUSec", "t", offsetof(Report, started_usec), NULL },
        { "FinishedUSec", "t", offsetof(Report, finished_usec), NULL },
        { "Rate", "d", offsetof(Report, rate), NULL },
        { "EtaLowUSec", "t", offsetof(Report, eta_low_usec), NULL },
        { "EtaHighUSec", "t", offsetof(Report, eta_high_usec), NULL },
};

/* A text that a list leaves out reads as "", so that nobody has to ask for NULL. */
static int fill_texts(char **texts[], size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!*texts[i]) {
                        *texts[i] = strdup("");
                        if (!*texts[i])
                                return -ENOMEM;
                }
        return 0;
}

int plan_read(sd_bus_message *m, Plan **ret, sd_bus_error *ret_error) {
        _cleanup_(plan_freep) Plan *p = calloc(1, sizeof(Plan));
        int r;

        if (!p)
                return sd_bus_error_set_errno(ret_error, -ENOMEM);
        r = dictionary_read(m, plan_fields, ELEMENTSOF(plan_fields), p, ret_error);
        if (r < 0)
                return r;
        r = fill_texts((char **[]) { &p->name, &p->migration, &p->document }, 3);
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        *ret = TAKE_PTR(p);
        return 0;
}

int report_read(sd_bus_message *m, Report **ret, sd_bus_error *ret_error) {
        _cleanup_(report_freep) Report *p = calloc(1, sizeof(Report));
        int r;

        if (!p)
                return sd_bus_error_set_errno(ret_error, -ENOMEM);
        p->state = _STATE_INVALID;
        r = dictionary_read(m, report_fields, ELEMENTSOF(report_fields), p, ret_error);
        if (r < 0)
                return r;
        r = fill_texts((char **[]) { &p->plan_path, &p->plan_name, &p->migration, &p->pause_mode, &p->options,
                                     &p->failed_unit, &p->failed_error, &p->wait_reason,
                                     &p->elsewhere }, 9);
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        *ret = TAKE_PTR(p);
        return 0;
}

static int get_all(Client *c, const char *path, const char *interface, sd_bus_message **ret,
                   sd_bus_error *ret_error) {
        return client_call(c, path, "org.freedesktop.DBus.Properties", "GetAll", ret_error, ret, "s",
                           interface);
}

/* Manager.GetPlan or GetReport: the service says by name when there is none, and the path is its to make. */
static int find_object(Client *c, const char *member, const char *name, uint32_t id, sd_bus_message **ret,
                       const char **ret_path, sd_bus_error *ret_error) {
        int r;

        if (name)
                r = client_call(c, CLIENT_PATH, CLIENT_MANAGER, member, ret_error, ret, "s", name);
        else
                r = client_call(c, CLIENT_PATH, CLIENT_MANAGER, member, ret_error, ret, "u", id);
        if (r < 0)
                return r;
        r = sd_bus_message_read(*ret, "o", ret_path);
        return r < 0 ? sd_bus_error_set_errno(ret_error, r) : 0;
}

int plan_get(Client *c, const char *name_or_id, Plan **ret, sd_bus_error *ret_error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *found = NULL, *all = NULL;
        const char *path;
        int r;

        r = find_object(c, "GetPlan", name_or_id, 0, &found, &path, ret_error);
        if (r < 0)
                return r;
        r = get_all(c, path, CLIENT_PLAN, &all, ret_error);
        if (r < 0)
                return r;
        return plan_read(all, ret, ret_error);
}

int report_get(Client *c, uint32_t id, Report **ret, sd_bus_error *ret_error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *found = NULL, *all = NULL;
        const char *path;
        int r;

        r = find_object(c, "GetReport", NULL, id, &found, &path, ret_error);
        if (r < 0)
                return r;
        r = get_all(c, path, CLIENT_REPORT, &all, ret_error);
        if (r < 0)
                return r;
        return report_read(all, ret, ret_error);
}

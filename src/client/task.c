/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/task.h"

#include "base/text.h"
#include "client/dictionary.h"
#include "client/report.h"

/* Elements of one call: about 400 KB of tasks. A reply that is too large for the bus is asked for in smaller
 * parts. */
#define PAGE 1000

static int read_state(sd_bus_message *m, void *member) {
        const char *word;
        int r;

        r = sd_bus_message_read_basic(m, SD_BUS_TYPE_STRING, &word);
        if (r < 0)
                return r;
        *(State *) member = state_from_string(word);
        return 0;
}

static const DictionaryField task_fields[] = {
        { "Id", "u", offsetof(Task, id), NULL },
        { "Report", "u", offsetof(Task, report), NULL },
        { "TaskCreatedUSec", "t", offsetof(Task, task_created_usec), NULL },
        { "Step", "s", offsetof(Task, step), NULL },
        { "Kind", "s", offsetof(Task, kind), NULL },
        { "Lane", "s", offsetof(Task, lane), NULL },
        { "Stage", "i", offsetof(Task, stage), NULL },
        { "State", "s", offsetof(Task, state), read_state },
        { "Attempt", "u", offsetof(Task, attempt), NULL },
        { "Done", "t", offsetof(Task, done), NULL },
        { "Total", "t", offsetof(Task, total), NULL },
        { "Class", "s", offsetof(Task, class), NULL },
        { "Error", "s", offsetof(Task, error), NULL },
        { "Unit", "s", offsetof(Task, unit), NULL },
        { "InvocationID", "s", offsetof(Task, invocation_id), NULL },
        { "Result", "s", offsetof(Task, result), NULL },
        { "ExitCode", "s", offsetof(Task, exit_code), NULL },
        { "ExitStatus", "i", offsetof(Task, exit_status), NULL },
        { "CPUUSec", "t", offsetof(Task, cpu_usec), NULL },
        { "MemoryPeak", "t", offsetof(Task, memory_peak_bytes), NULL },
        { "IOReadBytes", "t", offsetof(Task, io_read_bytes), NULL },
        { "IOWriteBytes", "t", offsetof(Task, io_write_bytes), NULL },
        { "CreatedUSec", "t", offsetof(Task, created_usec), NULL },
        { "StartedUSec", "t", offsetof(Task, started_usec), NULL },
        { "FinishedUSec", "t", offsetof(Task, finished_usec), NULL },
};

static const DictionaryField problem_fields[] = {
        { "Id", "t", offsetof(Problem, id), NULL },
        { "Task", "u", offsetof(Problem, task), NULL },
        { "Step", "s", offsetof(Problem, step), NULL },
        { "Item", "s", offsetof(Problem, item), NULL },
        { "Reason", "s", offsetof(Problem, reason), NULL },
        { "CreatedUSec", "t", offsetof(Problem, created_usec), NULL },
};

void task_done(Task *t) {
        free(t->step);
        free(t->kind);
        free(t->lane);
        free(t->class);
        free(t->error);
        free(t->unit);
        free(t->invocation_id);
        free(t->result);
        free(t->exit_code);
}

static void problem_done(Problem *p) {
        free(p->step);
        free(p->item);
        free(p->reason);
}

/* What a page is read for: the handler, and the id of the last element seen. */
typedef struct Page {
        TaskHandler on_task;
        ProblemHandler on_problem;
        void *userdata;
        uint64_t last_id;
} Page;

int task_read(sd_bus_message *m, Task *ret, sd_bus_error *ret_error) {
        _cleanup_(task_done) Task task = {
                .state = _STATE_INVALID,
                .exit_status = -1,
                .cpu_usec = UINT64_MAX,
                .memory_peak_bytes = UINT64_MAX,
                .io_read_bytes = UINT64_MAX,
                .io_write_bytes = UINT64_MAX,
        };
        int r;

        r = dictionary_read(m, task_fields, ELEMENTSOF(task_fields), &task, ret_error);
        if (r < 0)
                return r;
        *ret = task;
        task = (Task) {};
        return 0;
}

static int page_read_task(Page *page, sd_bus_message *m, sd_bus_error *ret_error) {
        _cleanup_(task_done) Task task = {};
        int r;

        r = task_read(m, &task, ret_error);
        if (r < 0)
                return r;
        page->last_id = task.id;
        return page->on_task(&task, page->userdata);
}

static int page_read_problem(Page *page, sd_bus_message *m, sd_bus_error *ret_error) {
        _cleanup_(problem_done) Problem problem = {};
        int r;

        r = dictionary_read(m, problem_fields, ELEMENTSOF(problem_fields), &problem, ret_error);
        if (r < 0)
                return r;
        page->last_id = problem.id;
        return page->on_problem(&problem, page->userdata);
}

/* Returns the number of elements read. */
static int page_read(Page *page, sd_bus_message *m, sd_bus_error *ret_error) {
        int n = 0, r;

        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "a{sv}");
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        while ((r = sd_bus_message_at_end(m, /* complete= */ false)) == 0) {
                r = page->on_task ? page_read_task(page, m, ret_error) :
                                    page_read_problem(page, m, ret_error);
                if (r < 0)
                        return r;
                n++;
        }
        return r < 0 ? sd_bus_error_set_errno(ret_error, r) : n;
}

/* options[0] and [1] are limit and after. */
static int for_each_page(Client *c, uint32_t report, const char *member, ClientOption *options,
                         size_t n_options, Page *page, sd_bus_error *ret_error) {
        _cleanup_(freep) char *path = client_report_path(report);
        int r, limit = PAGE;

        if (!path)
                return sd_bus_error_set_errno(ret_error, -ENOMEM);
        for (;;) {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;

                options[0].number = limit;
                options[1].type = page->last_id == 0 ? 0 : page->on_task ? 'u' : 't';
                options[1].number = page->last_id;
                r = client_message(c, path, CLIENT_REPORT, member, &m);
                if (r >= 0)
                        r = client_append_options(m, options, n_options);
                if (r < 0)
                        return sd_bus_error_set_errno(ret_error, r);
                r = client_send(c, m, /* ask= */ false, ret_error, &reply);
                if (r < 0 && limit > 1 && sd_bus_error_has_name(ret_error, SD_BUS_ERROR_LIMITS_EXCEEDED)) {
                        sd_bus_error_free(ret_error);
                        limit = MAX(limit / 8, 1);
                        continue;
                }
                if (r < 0)
                        return r;
                r = page_read(page, reply, ret_error);
                if (r < limit)
                        return MIN(r, 0);
        }
}

int task_for_each(Client *c, uint32_t report, char *const *states, const char *step, TaskHandler handler,
                  void *userdata, sd_bus_error *ret_error) {
        ClientOption options[] = {
                { .key = "limit", .type = 'u' },
                { .key = "after" },
                { .key = "states", .type = states && states[0] ? 'a' : 0, .list = states },
                { .key = "step", .type = step ? 's' : 0, .text = step },
        };
        Page page = { .on_task = handler, .userdata = userdata };

        return for_each_page(c, report, "ListTasks", options, ELEMENTSOF(options), &page, ret_error);
}

int problem_for_each(Client *c, uint32_t report, ProblemHandler handler, void *userdata,
                     sd_bus_error *ret_error) {
        ClientOption options[] = {
                { .key = "limit", .type = 'u' },
                { .key = "after" },
        };
        Page page = { .on_problem = handler, .userdata = userdata };

        return for_each_page(c, report, "ListProblems", options, ELEMENTSOF(options), &page, ret_error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* tasks/. A task does not know its migration nor the message of its step: the reports of a page of tasks are asked
 * for after it. */

#include "base/text.h"
#include "client/report.h"
#include "client/task.h"
#include "rest/answer.h"
#include "rest/handlers.h"
#include "rest/json.h"
#include "rest/list.h"

/* The tasks that wait for their reports. */
typedef struct TaskPage {
        Task *tasks;
        size_t n;
        Report **reports;
        size_t n_reports;
} TaskPage;

static void page_free(void *p) {
        TaskPage *page = p;

        for (size_t i = 0; i < page->n; i++)
                task_done(&page->tasks[i]);
        free(page->tasks);
        report_list_free(page->reports, page->n_reports);
        free(page);
}

static int read_tasks(TaskPage *page, sd_bus_message *reply) {
        int r;

        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "a{sv}");
        while (r >= 0 && (r = sd_bus_message_at_end(reply, /* complete= */ false)) == 0) {
                Task *grown = reallocarray(page->tasks, page->n + 1, sizeof(Task));

                if (!grown)
                        return -ENOMEM;
                page->tasks = grown;
                r = task_read(reply, &page->tasks[page->n], NULL);
                if (r >= 0)
                        page->n++;
        }
        return r;
}

static int read_report(sd_bus_message *m, void *userdata) {
        TaskPage *page = userdata;
        Report **grown;
        int r;

        grown = reallocarray(page->reports, page->n_reports + 1, sizeof(Report *));
        if (!grown)
                return -ENOMEM;
        page->reports = grown;
        r = report_read(m, &page->reports[page->n_reports], NULL);
        if (r >= 0)
                page->n_reports++;
        return r;
}

static const Report *find_report(const TaskPage *page, uint32_t id) {
        for (size_t i = 0; i < page->n_reports; i++)
                if (page->reports[i]->id == id)
                        return page->reports[i];
        return NULL;
}

/* All is there: the list's page, or the one task of the path. */
static void answer_tasks(Request *q) {
        const TaskPage *page = q->page;
        json_t *list = json_array(), *task;

        for (size_t i = 0; i < page->n; i++)
                if (json_array_append_new(
                            list, json_of_task(&page->tasks[i], find_report(page, page->tasks[i].report))) < 0) {
                        json_decref(list);
                        return request_fail(q, -ENOMEM);
                }
        if (q->match.id == 0)
                return list_take(q, list);
        task = json_incref(json_array_get(list, 0));
        json_decref(list);
        if (task)
                request_answer(q, MHD_HTTP_OK, task);
        else
                request_refuse(q, MHD_HTTP_NOT_FOUND, "Not found.");
}

static void on_reports(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        int r;

        if (!reply)
                return ask_failed(q, error, e);
        r = list_each(reply, read_report, q->page);
        if (r < 0)
                return request_fail(q, r);
        answer_tasks(q);
}

static int compare_ids(const void *a, const void *b) {
        uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

        return x < y ? -1 : x > y;
}

/* Asks for the reports that the tasks belong to, each once. */
static int ask_reports(Request *q) {
        const TaskPage *page = q->page;
        _cleanup_(freep) uint32_t *ids = calloc(MAX(page->n, 1u), sizeof(uint32_t));
        size_t n = 0;
        Ask a;

        if (!ids)
                return -ENOMEM;
        for (size_t i = 0; i < page->n; i++)
                ids[i] = page->tasks[i].report;
        qsort(ids, page->n, sizeof(uint32_t), compare_ids);
        for (size_t i = 0; i < page->n; i++)
                if (n == 0 || ids[i] != ids[n - 1])
                        ids[n++] = ids[i];
        a = ask_manager(q, "ListReports");
        ask_send(&a, &(ClientOption){ .key = "ids", .type = 'i', .ids = ids, .number = n }, 1, on_reports);
        return 0;
}

static int take_tasks(Request *q, sd_bus_message *reply) {
        TaskPage *page = calloc(1, sizeof(TaskPage));
        int r;

        if (!page)
                return -ENOMEM;
        q->page = page;
        q->free_page = page_free;
        r = read_tasks(page, reply);
        if (r < 0)
                return r;
        if (page->n > 0)
                return ask_reports(q);
        answer_tasks(q);
        return 0;
}

void tasks_list(Request *q) {
        static const ListKind kind = {
                .path = "tasks/",
                .count = "CountTasks",
                .list = "ListTasks",
                .read = take_tasks,
        };

        if (list_prepare(q))
                list_start(q, &kind);
}

static void on_task(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        int r;

        if (!reply)
                return ask_failed(q, error, e);
        r = take_tasks(q, reply);
        if (r < 0)
                request_fail(q, r);
}

void tasks_read(Request *q) {
        Ask a = ask_manager(q, "ListTasks");

        ask_send(&a, &(ClientOption){ .key = "ids", .type = 'i', .ids = &q->match.id, .number = 1 }, 1, on_task);
}

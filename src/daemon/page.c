/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/page.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "bus/error.h"
#include "bus/option.h"
#include "model/names.h"
#include "model/state.h"

/* Later times are this one: the end of the year 9999, which PostgreSQL still can compare with. */
#define TIME_MAX_USEC UINT64_C(253402300799000000)

/* What is read before it is checked and turned into parameters. */
typedef struct PageInput {
        uint32_t skip;
        char **states;
        BusNumbers ids;
        bool has_ids;
        uint64_t from_usec, to_usec;
        bool has_from, has_to;
} PageInput;

static void page_freep(Page **p) {
        page_free(*p);
}

static void page_input_done(PageInput *in) {
        strv_free(in->states);
}

void page_free(void *page) {
        Page *p = page;

        if (!p)
                return;
        free(p->states);
        free(p->ids);
        free(p);
}

PageNumber page_number(uint64_t value) {
        PageNumber n;

        (void) snprintf(n.text, sizeof(n.text), "%" PRIu64, value);
        return n;
}

const char *page_filter(const PageNumber *number) {
        return streq(number->text, "0") ? NULL : number->text;
}

/* State words need no quoting in an array's text form, and nothing else gets into it. */
static int states_to_array(char *const *states, char **ret, sd_bus_error *error) {
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f;

        for (char *const *s = states; s && *s; s++)
                if (state_from_string(*s) < 0)
                        return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'states': unknown state '%s'", *s);
        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        fputc('{', f);
        for (char *const *s = states; s && *s; s++)
                fprintf(f, "%s%s", s == states ? "" : ",", *s);
        fputc('}', f);
        if (fclose(f) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(text);
        return 0;
}

static int ids_to_array(const BusNumbers *ids, char **ret, sd_bus_error *error) {
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f;

        if (ids->n > PAGE_IDS_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'ids' has %zu numbers, more than %u",
                                     ids->n, PAGE_IDS_MAX);
        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        fputc('{', f);
        for (size_t i = 0; i < ids->n; i++)
                fprintf(f, "%s%" PRIu32, i == 0 ? "" : ",", ids->values[i]);
        fputc('}', f);
        if (fclose(f) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(text);
        return 0;
}

static bool order_is_known(const char *word, PageOptions options) {
        if (*word == '-')
                word++;
        if (streq(word, "id") || streq(word, "created"))
                return true;
        if (streq(word, "started") || streq(word, "finished") || streq(word, "state"))
                return options & PAGE_ORDER_RUN;
        return streq(word, "name") && (options & PAGE_ORDER_NAME);
}

static int check(const Page *p, PageOptions options, sd_bus_error *error) {
        if (p->limit < 1 || p->limit > PAGE_LIMIT_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'limit' is %u, not between 1 and %u",
                                     p->limit, PAGE_LIMIT_MAX);
        if (p->skip > INT64_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'after' is out of range");
        if (p->plan > ID_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'plan' is out of range");
        if (p->report > ID_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'report' is out of range");
        if (p->step && !text_is_name(p->step))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'step': '%s' is not the code of a step",
                                     p->step);
        if (p->step_tasks > PAGE_STEP_TASKS_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'step_tasks' is %u, more than %u",
                                     p->step_tasks, PAGE_STEP_TASKS_MAX);
        if (!order_is_known(p->order, options))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'order': this list has no order '%.64s'",
                                     p->order);
        return 0;
}

static int input_read(sd_bus_message *m, PageOptions options, Page *p, PageInput *in, sd_bus_error *error) {
        const struct {
                PageOptions wanted;
                BusOption option;
        } all[] = {
                { PAGE_LIMIT, { "limit", "u", &p->limit } },
                { PAGE_OFFSET, { "offset", "u", &in->skip } },
                { PAGE_AFTER_U32, { "after", "u", &in->skip } },
                { PAGE_AFTER_U64, { "after", "t", &p->skip } },
                { PAGE_STATES, { "states", "as", &in->states } },
                { PAGE_PLAN, { "plan", "u", &p->plan } },
                { PAGE_REPORT, { "report", "u", &p->report } },
                { PAGE_STEP, { "step", "s", &p->step } },
                { PAGE_IDS, { "ids", "au", &in->ids, &in->has_ids } },
                { PAGE_CREATED, { "created_from_usec", "t", &in->from_usec, &in->has_from } },
                { PAGE_CREATED, { "created_to_usec", "t", &in->to_usec, &in->has_to } },
                { PAGE_STEP_TASKS, { "step_tasks", "u", &p->step_tasks } },
                { PAGE_DOCUMENT, { "document", "b", &p->document } },
                { PAGE_ORDER, { "order", "s", &p->order } },
        };
        BusOption table[ELEMENTSOF(all) + 2] = {};
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (options & all[i].wanted)
                        table[n++] = all[i].option;
        table[n] = on_behalf_option(&p->on_behalf);
        return bus_options_read(m, table, error);
}

int page_read(sd_bus_message *m, PageOptions options, Page **ret, sd_bus_error *error) {
        _cleanup_(page_input_done) PageInput in = {};
        _cleanup_(page_freep) Page *p = NULL;
        int r;

        p = calloc(1, sizeof(Page));
        if (!p)
                return -ENOMEM;
        p->limit = PAGE_LIMIT_DEFAULT;
        p->order = "id";
        r = input_read(m, options, p, &in, error);
        if (r < 0)
                return r;
        if (!(options & PAGE_AFTER_U64))
                p->skip = in.skip;
        r = check(p, options, error);
        if (r < 0)
                return r;
        p->from = page_number(MIN(in.from_usec, TIME_MAX_USEC));
        p->to = page_number(MIN(in.to_usec, TIME_MAX_USEC));
        p->created_from = in.has_from ? p->from.text : NULL;
        p->created_to = in.has_to ? p->to.text : NULL;
        /* sd-bus gives no list for an empty one: states that are none restrict nothing. Ids that are none are no
         * rows. */
        if (in.states) {
                r = states_to_array(in.states, &p->states, error);
                if (r < 0)
                        return r;
        }
        if (in.has_ids) {
                r = ids_to_array(&in.ids, &p->ids, error);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(p);
        return 0;
}

int page_start(Manager *m, sd_bus_message *message, PageOptions options, RequestAct act, sd_bus_error *error) {
        Page *page = NULL;
        Request *q;
        int r;

        r = page_read(message, options, &page, error);
        if (r < 0)
                return r;
        r = request_new(m, message, POLKIT_ACTION_READ, act, &q, error);
        if (r < 0) {
                page_free(page);
                return r;
        }
        q->args = page;
        q->free_args = page_free;
        q->on_behalf = page->on_behalf;
        q->about.plan = page->plan;
        q->about.report = page->report;
        return request_start(q);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/page.h"

#include <stdio.h>

#include "base/text.h"
#include "bus/error.h"
#include "bus/option.h"
#include "model/names.h"
#include "model/state.h"

static void page_freep(Page **p) {
        page_free(*p);
}

void page_free(void *page) {
        Page *p = page;

        if (!p)
                return;
        free(p->states);
        free(p);
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

static int check(const Page *p, sd_bus_error *error) {
        if (p->limit < 1 || p->limit > PAGE_LIMIT_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'limit' is %u, not between 1 and %u",
                                     p->limit, PAGE_LIMIT_MAX);
        if (p->skip > INT64_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'after' is out of range");
        if (p->plan > ID_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'plan' is out of range");
        if (p->step && !text_is_name(p->step))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'step': '%s' is not the code of a step",
                                     p->step);
        return 0;
}

int page_read(sd_bus_message *m, PageOptions options, Page **ret, sd_bus_error *error) {
        _cleanup_(page_freep) Page *p = NULL;
        _cleanup_(strv_freep) char **states = NULL;
        BusOption table[6] = {};
        uint32_t skip = 0;
        size_t n = 0;
        int r;

        p = calloc(1, sizeof(Page));
        if (!p)
                return -ENOMEM;
        p->limit = PAGE_LIMIT_DEFAULT;
        table[n++] = (BusOption){ "limit", "u", &p->limit };
        if (options & PAGE_OFFSET)
                table[n++] = (BusOption){ "offset", "u", &skip };
        if (options & PAGE_AFTER_U32)
                table[n++] = (BusOption){ "after", "u", &skip };
        if (options & PAGE_AFTER_U64)
                table[n++] = (BusOption){ "after", "t", &p->skip };
        if (options & PAGE_STATES)
                table[n++] = (BusOption){ "states", "as", &states };
        if (options & PAGE_PLAN)
                table[n++] = (BusOption){ "plan", "u", &p->plan };
        if (options & PAGE_STEP)
                table[n++] = (BusOption){ "step", "s", &p->step };
        r = bus_options_read(m, table, error);
        if (r < 0)
                return r;
        if (!(options & PAGE_AFTER_U64))
                p->skip = skip;
        r = check(p, error);
        if (r < 0)
                return r;
        /* sd-bus gives no list for an empty one: it restricts nothing. */
        if (states) {
                r = states_to_array(states, &p->states, error);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(p);
        return 0;
}

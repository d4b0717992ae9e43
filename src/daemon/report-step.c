/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/report-step.h"

#include <jansson.h>

#include "base/text.h"

/* One element; strings are borrowed from it. */
typedef struct Step {
        const char *code;
        const char *message;
        const char *state;
        json_int_t done, total, started_usec, finished_usec;
} Step;

static int step_unpack(json_t *element, Step *ret) {
        if (json_unpack(element, "[s, s, s, I, I, I, I]", &ret->code, &ret->message, &ret->state, &ret->done,
                        &ret->total, &ret->started_usec, &ret->finished_usec) < 0)
                return -EBADMSG;
        return 0;
}

int report_step_running(const char *steps, RunningStep *ret) {
        json_auto_t *array = json_loads(steps, 0, NULL);
        json_t *element;
        size_t i;

        if (!json_is_array(array))
                return -EBADMSG;
        json_array_foreach(array, i, element) {
                Step s;

                if (step_unpack(element, &s) < 0)
                        return -EBADMSG;
                if (!streq(s.state, "running"))
                        continue;
                *ret = (RunningStep){
                        .ord = (uint32_t) i,
                        .done = (uint64_t) s.done,
                        .total = (uint64_t) s.total,
                        .started_usec = (usec_t) s.started_usec,
                };
                return 0;
        }
        return -ENOENT;
}

int report_steps_append(sd_bus_message *m, const char *steps) {
        json_auto_t *array = json_loads(steps, 0, NULL);
        json_t *element;
        size_t i;
        int r;

        if (!json_is_array(array))
                return -EBADMSG;
        r = sd_bus_message_open_container(m, 'a', "(ssstttt)");
        if (r < 0)
                return r;
        json_array_foreach(array, i, element) {
                Step s;

                r = step_unpack(element, &s);
                if (r < 0)
                        return r;
                r = sd_bus_message_append(m, "(ssstttt)", s.code, s.message, s.state, (uint64_t) s.done,
                                          (uint64_t) s.total, (uint64_t) s.started_usec, (uint64_t) s.finished_usec);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

int report_codes_append(sd_bus_message *m, const char *codes) {
        json_auto_t *array = json_loads(codes, 0, NULL);
        json_t *element;
        size_t i;
        int r;

        if (!json_is_array(array))
                return -EBADMSG;
        r = sd_bus_message_open_container(m, 'a', "s");
        json_array_foreach(array, i, element)
                if (r >= 0)
                        r = sd_bus_message_append(m, "s", json_string_value(element));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int report_tasks_append(sd_bus_message *m, const char *tasks) {
        json_auto_t *object = json_loads(tasks, 0, NULL);
        const char *state;
        json_t *number;
        int r;

        if (!json_is_object(object))
                return -EBADMSG;
        r = sd_bus_message_open_container(m, 'a', "{su}");
        if (r < 0)
                return r;
        json_object_foreach(object, state, number) {
                r = sd_bus_message_append(m, "{su}", state, (uint32_t) json_integer_value(number));
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

static int append_ids(sd_bus_message *m, json_t *ids) {
        json_t *id;
        size_t i;
        int r;

        r = sd_bus_message_open_container(m, 'a', "u");
        if (r < 0)
                return r;
        json_array_foreach(ids, i, id) {
                r = sd_bus_message_append(m, "u", (uint32_t) json_integer_value(id));
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

int report_step_tasks_append(sd_bus_message *m, const char *step_tasks) {
        json_auto_t *object = json_loads(step_tasks, 0, NULL);
        const char *code;
        json_t *ids;
        int r;

        if (!json_is_object(object))
                return -EBADMSG;
        r = sd_bus_message_open_container(m, 'a', "{sau}");
        if (r < 0)
                return r;
        json_object_foreach(object, code, ids) {
                r = sd_bus_message_open_container(m, 'e', "sau");
                if (r < 0)
                        return r;
                r = sd_bus_message_append_basic(m, 's', code);
                if (r < 0)
                        return r;
                r = append_ids(m, ids);
                if (r < 0)
                        return r;
                r = sd_bus_message_close_container(m);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

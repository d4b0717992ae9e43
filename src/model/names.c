/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/names.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

char *task_unit_name(const char *migration, const char *step, uint32_t report, uint32_t task, uint32_t attempt) {
        if (!text_is_name(migration) || !text_is_name(step) || report == 0 || task == 0 || attempt == 0)
                return NULL;
        return text_format("migration-%s-%s-%" PRIu32 "-%" PRIu32 "-%" PRIu32 ".service", migration, step, report,
                           task, attempt);
}

/* Takes the text up to the next delimiter; moves *s behind it. */
static int next_part(const char **s, char delimiter, char *ret, size_t size) {
        const char *end = strchr(*s, delimiter);
        size_t length;

        if (!end)
                return -EINVAL;
        length = (size_t) (end - *s);
        if (length >= size)
                return -EINVAL;
        memcpy(ret, *s, length);
        ret[length] = 0;
        *s = end + 1;
        return 0;
}

static int next_id(const char **s, char delimiter, uint32_t *ret) {
        char text[11];

        if (next_part(s, delimiter, text, sizeof(text)) < 0 || text_parse_u32(text, ret) < 0 || *ret == 0 ||
            *ret > ID_MAX)
                return -EINVAL;
        return 0;
}

int task_unit_parse(const char *unit, TaskUnitName *ret) {
        _cleanup_(freep) char *again = NULL;
        TaskUnitName name = {};

        if (!startswith(unit, "migration-"))
                return -EINVAL;
        const char *s = unit + strlen("migration-");
        if (next_part(&s, '-', name.migration, sizeof(name.migration)) < 0 ||
            next_part(&s, '-', name.step, sizeof(name.step)) < 0 || next_id(&s, '-', &name.report) < 0 ||
            next_id(&s, '-', &name.task) < 0 || next_id(&s, '.', &name.attempt) < 0)
                return -EINVAL;
        /* One name, one spelling: leading zeros or another suffix are not ours. */
        again = task_unit_name(name.migration, name.step, name.report, name.task, name.attempt);
        if (!again || !streq(again, unit))
                return -EINVAL;
        *ret = name;
        return 0;
}

char *report_slice_name(uint32_t report) {
        return text_format("migration-%" PRIu32 ".slice", report);
}

char *poll_timer_name(uint32_t report) {
        return text_format("migrationd-poll@%" PRIu32 ".timer", report);
}

char *poll_service_name(uint32_t report) {
        return text_format("migrationd-poll@%" PRIu32 ".service", report);
}

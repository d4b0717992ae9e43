/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/body.h"

#include "base/text.h"
#include "model/limits.h"
#include "rest/answer.h"

static const BodyField *find_field(const BodyField *fields, const char *name) {
        for (; fields->name; fields++)
                if (streq(fields->name, name))
                        return fields;
        return NULL;
}

/* NULL when the value is one of the type. */
static const char *find_fault(BodyType type, const json_t *value) {
        switch (type) {
        case BODY_TEXT:
                return json_is_string(value) ? NULL : "A string is needed.";
        case BODY_BOOLEAN:
                return json_is_boolean(value) ? NULL : "true or false is needed.";
        case BODY_WORKERS:
                if (json_is_integer(value) && json_integer_value(value) >= 1 &&
                    json_integer_value(value) <= WORKERS_MAX)
                        return NULL;
                return "A number from 1 to 1024 is needed.";
        case BODY_ANY:
                return NULL;
        }
        return NULL;
}

bool body_check(Request *q, const BodyField *fields) {
        const char *name;
        json_t *value;

        if (!q->json) {
                request_refuse(q, MHD_HTTP_BAD_REQUEST, "A body is needed.");
                return false;
        }
        json_object_foreach(q->json, name, value) {
                const BodyField *field = find_field(fields, name);
                const char *fault = field ? find_fault(field->type, value) : "There is no such field.";

                if (fault) {
                        request_refuse_field(q, name, fault);
                        return false;
                }
        }
        return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step content: types one after another by stage, the units of a type in parallel, a range of their numbers a
 * task. */

#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/content-type.h"
#include "migrations/pulp2to3/steps.h"

/* What a task of five seconds may have on a slow machine: a unit costs some milliseconds of statements and
 * its file has to be read once at some 50 MB/s, as six digests are computed of it. */
#define UNITS_PER_SECOND 200
#define BYTES_PER_SECOND (INT64_C(50) * 1024 * 1024)

static const ContentType *const types[] = {
        &content_iso,
        &content_rpm,
        &content_srpm,
        &content_modulemd,
        &content_modulemd_defaults,
        &content_yum_repo_metadata_file,
        &content_package_langpacks,
        &content_package_group,
        &content_package_category,
        &content_package_environment,
        &content_erratum,
        &content_distribution,
        &content_deb,
        &content_deb_release,
        &content_deb_component,
        &content_docker_blob,
        &content_docker_manifest,
        &content_docker_manifest_list,
        &content_docker_tag,
};

static int add_range(Step *s, const ContentType *type, int64_t first, int64_t last, int64_t units) {
        _cleanup_(freep) char *input = text_format(
                "{\"type\": \"%s\", \"first\": %" PRIi64 ", \"last\": %" PRIi64 "}", type->name, first, last);
        int r;

        if (!input)
                return step_fail(s, -ENOMEM, "out of memory");
        r = migrationd_task_add(s->task, step_lane(s, type->plugin), type->stage, input, units);
        return r < 0 ? step_fail_task(s, r) : 0;
}

static bool is_planned(const Step *s, const ContentType *type) {
        for (const Plugin *const *p = s->plan->list; *p; p++)
                if (streq((*p)->name, type->plugin))
                        return true;
        return false;
}

int content_expand(Step *s) {
        double seconds = (double) s->configuration->target_usec / (double) USEC_PER_SEC;
        const ContentLimits limits = { MAX((int64_t) (UNITS_PER_SECOND * seconds), 1),
                                       MAX((int64_t) (BYTES_PER_SECOND * seconds), 1) };
        int r;

        r = step_attach_expander(s);
        for (size_t i = 0; i < ELEMENTSOF(types) && r >= 0; i++)
                if (is_planned(s, types[i]))
                        r = types[i]->expand(types[i], s, &limits, add_range);
        return r;
}

int content_run(Step *s) {
        const char *name = json_string_value(json_object_get(json_object_get(s->input, "input"), "type"));
        int64_t first, last;
        int r;

        r = step_input(s, "first", &first);
        if (r >= 0)
                r = step_input(s, "last", &last);
        if (r >= 0)
                r = step_attach(s);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (streq_ptr(types[i]->name, name))
                        return types[i]->run(types[i], s, first, last);
        return step_fail(s, -EBADMSG,
                         "the task's input names no content type that is known; it comes from the step's expander");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step reset_content: contents that the migration made and no repository has, a type after another by stage: what
 * names others goes before them. */

#include "base/text.h"
#include "migrations/pulp2to3/reset.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

static const ResetKind contents = {
        "contents",       1000, "500", sql_reset_content_count, sql_reset_content_take, sql_reset_content_keep,
        sql_reset_content
};

static const struct {
        const char *plugin;
        const char *type; /* pulp_type */
        int32_t stage;
} types[] = {
        { "iso", "file.file", 0 },
        { "rpm", "rpm.advisory", 0 },
        { "rpm", "rpm.distribution_tree", 0 },
        { "rpm", "rpm.modulemd", 0 },
        { "rpm", "rpm.modulemd_defaults", 0 },
        { "rpm", "rpm.packagecategory", 0 },
        { "rpm", "rpm.packageenvironment", 0 },
        { "rpm", "rpm.packagegroup", 0 },
        { "rpm", "rpm.packagelangpacks", 0 },
        { "rpm", "rpm.repo_metadata_file", 0 },
        { "rpm", "rpm.package", 1 },
        { "deb", "deb.package_release_component", 0 },
        { "deb", "deb.release_architecture", 0 },
        { "deb", "deb.release_component", 1 },
        { "deb", "deb.package", 1 },
        { "deb", "deb.release", 2 },
        { "docker", "container.tag", 0 },
        { "docker", "container.manifest", 1 },
        { "docker", "container.blob", 2 },
};

static bool is_planned(const Step *s, const char *plugin) {
        for (const Plugin *const *p = s->plan->list; *p; p++)
                if (streq((*p)->name, plugin))
                        return true;
        return false;
}

int reset_content_expand(Step *s) {
        bool present;
        int r;

        r = reset_open_expander(s, &present);
        if (r < 0 || !present)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(types) && r >= 0; i++) {
                _cleanup_(freep) char *input = NULL;

                if (!is_planned(s, types[i].plugin))
                        continue;
                input = text_format("\"type\": \"%s\", ", types[i].type);
                r = input ? reset_expand(s, &contents, types[i].type, step_lane(s, types[i].plugin), types[i].stage,
                                         input)
                          : step_fail(s, -ENOMEM, "out of memory");
        }
        return r;
}

int reset_content_run(Step *s) {
        const char *type = json_string_value(json_object_get(json_object_get(s->input, "input"), "type"));
        bool present;
        int r;

        if (!type)
                return step_fail(s, -EBADMSG,
                                 "the task's input names no content type; it comes from the step's expander");
        r = reset_open(s, &present);
        return r < 0 || !present ? r : reset_run(s, &contents, type);
}

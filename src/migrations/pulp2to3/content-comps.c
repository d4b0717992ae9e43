/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of types package_group, package_category, package_environment and package_langpacks: no files, and equal
 * ones of several repositories become one content. */

#include "migrations/pulp2to3/comps-columns.h"
#include "migrations/pulp2to3/content-document.h"
#include "pulp2to3-sql.h"

static int prepare(ContentBatch *b, BatchUnit *u) {
        json_t *columns = NULL;
        char *reason = NULL;
        int r = comps_columns(b->type->name, u->document, &columns, &reason);

        return content_document_take(b, u, r, columns, reason);
}

#define COMPS_TYPE(pulp2_name, pulp3_type, sql)                                                                    \
        {                                                                                                          \
                .name = pulp2_name, .plugin = "rpm", .stage = 1, .expand = content_batch_expand,                   \
                .run = content_batch_run, .pulp_type = pulp3_type, .sql_table = sql_document_table,                \
                .prepare = prepare, .copy = content_document_copy, .sql_write = sql, .done = content_document_done \
        }

const ContentType content_package_group = COMPS_TYPE("package_group", "rpm.packagegroup", sql_group_write);
const ContentType content_package_category =
        COMPS_TYPE("package_category", "rpm.packagecategory", sql_category_write);
const ContentType content_package_environment =
        COMPS_TYPE("package_environment", "rpm.packageenvironment", sql_environment_write);
const ContentType content_package_langpacks =
        COMPS_TYPE("package_langpacks", "rpm.packagelangpacks", sql_langpacks_write);

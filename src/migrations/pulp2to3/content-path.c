/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/content-path.h"

#include "base/text.h"
#include "migrations/pulp2to3/configuration.h"

const char *content_path_relative(const char *storage_path) {
        const char *relative;

        if (!startswith(storage_path, PULP2_CONTENT_DIRECTORY "/"))
                return NULL;
        relative = storage_path + strlen(PULP2_CONTENT_DIRECTORY "/");
        if (!*relative)
                return NULL;
        for (const char *p = relative; *p;) {
                size_t n = strcspn(p, "/");

                if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
                        return NULL;
                p += n;
                if (*p == '/' && !*++p)
                        return NULL;
        }
        return relative;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bus/object.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "model/names.h"

BusObjectPath bus_object_path(const char *prefix, uint32_t id) {
        BusObjectPath path;

        (void) snprintf(path.text, sizeof(path.text), "%s/_%" PRIu32, prefix, id);
        return path;
}

int bus_object_parse(const char *prefix, const char *path, uint32_t *ret_id) {
        size_t n = strlen(prefix);
        uint32_t id;

        if (!startswith(path, prefix) || !startswith(path + n, "/_") || path[n + 2] == '0')
                return -EINVAL;
        if (text_parse_u32(path + n + 2, &id) < 0 || id > ID_MAX)
                return -EINVAL;
        *ret_id = id;
        return 0;
}

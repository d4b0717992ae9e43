/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The metadata of an rpm package, from the three snippets of repodata XML that Pulp 2 keeps of it. */

#include <jansson.h>

#include "base/macro.h"

/* Of a snippet when it is not compressed: the file list of the largest packages has some 10 MiB. */
#define PACKAGE_XML_BYTES_MAX (UINT32_C(128) * 1024 * 1024)

/* What is filled into the snippets, which are templates. All is borrowed. */
typedef struct PackageXml {
        const char *snippets[3]; /* primary, filelists, other: zlib streams as bytea text (\x…) */
        const char *checksum;
        const char *checksum_type;
} PackageXml;

/* Makes an object of the columns of rpm_package, but for is_modular, evr and the id. *ret_bytes: of the XML. Returns
 * 0, -ENOMEM, or -EBADMSG with a reason. */
int package_xml_read(const PackageXml *xml, json_t **ret, size_t *ret_bytes, char **ret_reason);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A .treeinfo file, which describes an installable tree, as the rows that Pulp 3 has for it. */

#include <jansson.h>

#include "base/macro.h"

/* Reads a file's text. *ret is an object:
 *   tree       columns of rpm_distributiontree but digest
 *   checksums  [{path, checksum}]                   rpm_checksum
 *   images     [{name, path, platforms}]            rpm_image, by name and path
 *   variants   [{variant_id, uid, name, …}]         rpm_variant, those whose repository is the tree's own
 *   files      [{path, checksum}]                   files of the tree: images and what has a checksum, without
 *                                                   repomd.xml of its repositories; checksum is null or "sha256:…"
 * Returns 0, -ENOMEM, or -EBADMSG with a reason that names section and key. */
int treeinfo_read(const char *text, size_t size_bytes, json_t **ret, char **ret_reason);

/* The sections of the file: an object of objects of texts. The form is that of Python's configparser. Returns as
 * above, with the line's number. */
int treeinfo_parse(const char *text, size_t size_bytes, json_t **ret, char **ret_reason);

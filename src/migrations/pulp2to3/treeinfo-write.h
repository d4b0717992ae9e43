/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The .treeinfo file that a publication has of a tree. */

#include "migrations/pulp2to3/treeinfo.h"

/* Makes it of the tree's own, whose sections are given as by treeinfo_parse(): sections and keys in order, the
 * section [general] for readers from before the format had versions, and the paths of variants and addons with
 * repositories of their own as Pulp 3 lays them out: in a directory of the variant's id. *ret_text is owned by the
 * caller; NULL: the file is from before the format had versions, and is published as it is. Returns 0 or
 * -ENOMEM. */
int treeinfo_write(const json_t *sections, char **ret_text);

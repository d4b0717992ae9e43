/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file of a Pulp 2 unit on this machine. */

#include "base/macro.h"

/* Returns the part of a unit's storage path below Pulp 2's content directory, borrowed, such as
 * "units/iso/XX/REST/NAME"; or NULL when the path is not below it or leaves it again: it comes from the dump,
 * and names a file that is given to Pulp 3's clients. */
const char *content_path_relative(const char *storage_path);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Temporary files and directories in Pulp 3's artifact store. */

/* Removes the entries of a directory whose names begin with prefix, and what is in them; "" is all. Links are not
 * followed. path: the directory's name for texts. Returns 0 or a negative errno with a text. */
int artifact_remove_entries(int directory_fd, const char *prefix, const char *path, char **ret_error);

/* Removes what killed tasks of former reports have left in MEDIA_ROOT/artifact. Only for a task that is alone in its
 * report and, as there is one unfinished report at most, in all. The store need not be there. Returns as above. */
int artifact_sweep(const char *media_root, char **ret_error);

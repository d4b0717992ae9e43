/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Points at which the fault tests stop a process: in a build with -Dtest-points=true a process that comes to the point
 * that TEST_POINT_FILE names raises SIGSTOP, is seen stopped by the test, and is killed or continued. The file is one
 * line, "KIND WHAT WHEN N": the process stops when it comes there for the Nth time since it read that line. In every
 * other build there is nothing of this. */

#if TEST_POINTS

#define TEST_POINT_FILE "/run/migrationd-test-point"

/* kind: sql (a statement of the service), bus (a call to PID 1) or task (a statement of a task); what: its name, spaces
 * written as dashes; when: before, sent or answered. */
void test_point(const char *kind, const char *what, const char *when);

#else

#define test_point(kind, what, when) ((void) 0)

#endif

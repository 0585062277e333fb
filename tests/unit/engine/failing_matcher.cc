// SPDX-License-Identifier: GPL-2.0-or-later
#include "failing_matcher.h"

#include <hs.h>

namespace {

bool failing = false;

} // namespace

extern "C" {

hs_error_t __real_hs_scan_stream(hs_stream_t* stream, const char* data, unsigned length, unsigned flags,
                                 hs_scratch_t* scratch, match_event_handler on_match, void* context);

hs_error_t __wrap_hs_scan_stream(hs_stream_t* stream, const char* data, unsigned length, unsigned flags,
                                 hs_scratch_t* scratch, match_event_handler on_match, void* context) {
    return failing ? HS_UNKNOWN_ERROR
                   : __real_hs_scan_stream(stream, data, length, flags, scratch, on_match, context);
}
}

namespace nfsieve::test {

FailingMatcher::FailingMatcher() {
    failing = true;
}

FailingMatcher::~FailingMatcher() {
    failing = false;
}

} // namespace nfsieve::test

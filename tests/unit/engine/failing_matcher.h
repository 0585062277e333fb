// SPDX-License-Identifier: GPL-2.0-or-later
// Vectorscan that refuses to go on: no packet brings that about.
#pragma once

namespace nfsieve::test {

/// While one lives, hs_scan_stream() fails (the linker wraps it, see meson.build). One at a time.
class FailingMatcher {
public:
    FailingMatcher();
    ~FailingMatcher();
    FailingMatcher(const FailingMatcher&) = delete;
    FailingMatcher& operator=(const FailingMatcher&) = delete;
};

} // namespace nfsieve::test

// SPDX-License-Identifier: GPL-2.0-or-later
// Where nobody asked for events.
#pragma once

#include "nfsieve/telemetry/event.h"

namespace nfsieve {

/// Throws every event away. Any thread.
class NoEvents : public EventSink {
public:
    void emit(Event&&) override {}
};

} // namespace nfsieve

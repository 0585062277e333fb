// SPDX-License-Identifier: GPL-2.0-or-later
// Events written by the thread that makes them: a replay may wait for its disk, and must lose nothing.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/telemetry/event.h"

#include <cstdio>
#include <memory>
#include <string>

namespace nfsieve {

class EventFile : public EventSink {
public:
    /// Replaces the file; "-" is stdout, and an empty name throws all events away.
    [[nodiscard]] static Result<std::unique_ptr<EventFile>> open(const std::string& name);
    ~EventFile() override;
    EventFile(const EventFile&) = delete;
    EventFile& operator=(const EventFile&) = delete;

    void emit(Event&& event) override;
    /// Writes what is buffered; an error where anything could not be written.
    [[nodiscard]] Result<void> close();

private:
    EventFile(std::string name, std::FILE* file) : name_(std::move(name)), file_(file) {}

    std::string name_;
    std::FILE* file_; ///< null: nowhere
    int failure_ = 0; ///< the first errno
};

} // namespace nfsieve

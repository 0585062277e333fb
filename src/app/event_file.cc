// SPDX-License-Identifier: GPL-2.0-or-later
#include "event_file.h"

#include <cerrno>
#include <cstring>

namespace nfsieve {

Result<std::unique_ptr<EventFile>> EventFile::open(const std::string& name) {
    std::FILE* file = nullptr;
    if (name == "-")
        file = stdout;
    else if (!name.empty()) {
        file = std::fopen(name.c_str(), "we");
        const int code = errno;
        if (file == nullptr)
            return Error{name + ": events cannot be written there: " + std::strerror(code)};
    }
    return std::unique_ptr<EventFile>(new EventFile(name, file));
}

EventFile::~EventFile() {
    if (file_ != nullptr && file_ != stdout)
        std::fclose(file_);
}

void EventFile::emit(Event&& event) {
    if (file_ == nullptr || failure_ != 0)
        return;
    const std::string line = to_eve(event) + "\n";
    if (std::fwrite(line.data(), 1, line.size(), file_) != line.size())
        failure_ = errno;
}

Result<void> EventFile::close() {
    if (file_ != nullptr && std::fflush(file_) != 0 && failure_ == 0)
        failure_ = errno;
    if (failure_ != 0)
        return Error{name_ + ": events could not be written: " + std::strerror(failure_)};
    return {};
}

} // namespace nfsieve

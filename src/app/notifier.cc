// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/notifier.h"

#include <algorithm>
#include <ctime>
#include <systemd/sd-daemon.h>

namespace nfsieve {

namespace {

/// A status is one line of the protocol.
std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

} // namespace

Notifier Notifier::systemd() {
    return Notifier([](const std::string& state) { ::sd_notify(0, state.c_str()); });
}

void Notifier::ready(const std::string& status) const {
    send_("READY=1\nSTATUS=" + one_line(status));
}

void Notifier::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const long long microseconds = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
    send_("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds) + "\nSTATUS=compiling rules");
}

void Notifier::status(const std::string& status) const {
    send_("STATUS=" + one_line(status));
}

void Notifier::stopping() const {
    send_("STOPPING=1\nSTATUS=stopping");
}

void Notifier::watchdog() const {
    send_("WATCHDOG=1");
}

} // namespace nfsieve

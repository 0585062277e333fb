// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/signals.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/signalfd.h>
#include <unistd.h>

namespace nfsieve {

Result<UniqueFd> open_signals() {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGUSR1})
        ::sigaddset(&wanted, signal);
    sigset_t blocked = wanted;
    ::sigaddset(&blocked, SIGPIPE);
    if (const int code = ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr); code != 0)
        return Error{std::string("signals cannot be blocked: ") + std::strerror(code)};
    UniqueFd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) {
        const int code = errno;
        return Error{std::string("signalfd: ") + std::strerror(code)};
    }
    return fd;
}

std::optional<int> next_signal(const UniqueFd& signals) {
    signalfd_siginfo info{};
    if (::read(signals.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info))
        return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

} // namespace nfsieve

// SPDX-License-Identifier: GPL-2.0-or-later
// What the service manager is told.
#pragma once

#include <functional>
#include <string>

namespace nfsieve {

/// Speaks the protocol of sd_notify(3). Any thread, as far as `send` allows it.
class Notifier {
public:
    using Send = std::function<void(const std::string& state)>;
    explicit Notifier(Send send) : send_(std::move(send)) {}
    /// To $NOTIFY_SOCKET, by sd_notify(3); nowhere where that is not set.
    [[nodiscard]] static Notifier systemd();

    /// Packets are being judged: at the start, and at the end of every reload, whatever came of it.
    void ready(const std::string& status) const;
    /// RELOADING=1 with the monotonic clock, as Type=notify-reload wants it.
    void reloading() const;
    void status(const std::string& status) const;
    void stopping() const;
    void watchdog() const;

private:
    Send send_;
};

} // namespace nfsieve

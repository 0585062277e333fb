// SPDX-License-Identifier: GPL-2.0-or-later
// A tun device in a network namespace. Packets are IP, each behind an OffloadHeader (gso.h), up to 64 KiB
// long.
#pragma once

#include "link.h"

#include <string>
#include <unistd.h>

namespace links {

/// Owns the device: it is gone with this object.
class Tun {
public:
    /// Makes `name` in the namespace at `namespace_path`, which the calling thread is in only meanwhile.
    /// Throws std::system_error.
    Tun(const std::string& namespace_path, const std::string& name);
    Tun(const Tun&) = delete;
    Tun& operator=(const Tun&) = delete;
    ~Tun() { ::close(fd_); }

    [[nodiscard]] int fd() const { return fd_; }

    /// The next packet that the namespace sends through the device; empty where there is none.
    [[nodiscard]] Frame read();

    /// False where the namespace does not take it.
    [[nodiscard]] bool write(const Frame& frame);

private:
    int fd_;
};

} // namespace links

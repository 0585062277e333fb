// SPDX-License-Identifier: GPL-2.0-or-later
// What both ends of the control socket need of unix(7).
#pragma once

#include "nfsieve/base/result.h"

#include <cstring>
#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace nfsieve {

/// The address of a socket file; an error where the name is too long for one.
[[nodiscard]] inline Result<sockaddr_un> unix_address(const std::filesystem::path& file) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& name = file.native();
    if (name.size() >= sizeof address.sun_path)
        return Error{"control socket " + name + ": the name is longer than the " +
                     std::to_string(sizeof address.sun_path - 1) + " bytes of a socket's"};
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    return address;
}

/// As connect(2).
[[nodiscard]] inline int connect_to(int fd, const sockaddr_un& address) {
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

} // namespace nfsieve

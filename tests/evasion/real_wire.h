// SPDX-License-Identifier: GPL-2.0-or-later
// A raw socket on the client's link, which speaks for the topology's ghost address
// (tests/harness/topology.py).
#pragma once

#include "wire.h"

#include "nfsieve/base/unique_fd.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve::evasion {

/// Enters the network namespace at `path` for good: sockets made from here on are in it. False where that
/// fails.
[[nodiscard]] bool enter_namespace(const std::string& path);

/// The ghost and the server, by IP version.
[[nodiscard]] Ends ghost_to_server(bool v6);

class RealWire {
public:
    /// In the client's namespace.
    [[nodiscard]] bool open();
    /// Sends an IP packet to the gateway, in so many fragments.
    void send(Bytes packet, std::uint8_t fragments);
    /// The next packet that came for the ghost, borrowed until the next call.
    [[nodiscard]] std::optional<Received> receive();
    [[nodiscard]] int fd() const { return socket_.get(); }

private:
    void send_frame(Bytes packet);

    UniqueFd socket_;
    std::array<std::uint8_t, 65536> buffer_{};
    std::vector<std::uint8_t> frame_, fragment_;
    std::uint32_t fragment_id_ = 1;
};

} // namespace nfsieve::evasion

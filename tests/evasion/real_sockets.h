// SPDX-License-Identifier: GPL-2.0-or-later
// The real receivers: sockets in the server's namespace whose applications read at once and close at the end.
#pragma once

#include "rules.h"

#include "nfsieve/base/unique_fd.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace nfsieve::evasion {

/// What one case's application has read.
struct Reading {
    std::vector<std::string> read; ///< by connection, in the order they were opened
    bool ended = false;            ///< the last one came to its end
};

/// All sockets of a run. A case is named by its key, the port that belongs to it alone: the ghost's where the
/// ghost is the client, the socket's own where it is.
class RealSockets {
public:
    /// In the server's namespace.
    [[nodiscard]] bool open();
    /// A case begins: connections from this port are its own.
    void expect(std::uint16_t key, Reading& reading) { readings_[key] = &reading; }
    /// A client that connects to the ghost. False where the kernel refuses.
    [[nodiscard]] bool connect(std::uint16_t key, bool v6, Rule rule);
    /// Reads what has come, everywhere.
    void poll();
    /// The case is over: what it has left open is reset.
    void forget(std::uint16_t key);

private:
    struct Connection {
        UniqueFd fd;
        std::uint16_t key = 0;
        std::size_t index = 0; ///< in Reading::read
    };
    void accept_all(int listener);
    void add(UniqueFd fd, std::uint16_t key);
    void read(int fd);
    void close(int fd, bool reset);

    UniqueFd epoll_;
    std::vector<UniqueFd> listeners_;
    std::unordered_map<int, Connection> connections_;
    std::unordered_map<std::uint16_t, Reading*> readings_;
};

} // namespace nfsieve::evasion

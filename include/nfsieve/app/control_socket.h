// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's control socket: one line of JSON in, one line of JSON out, then the connection ends.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/base/unique_fd.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {

/// Where the installed configuration puts it, and where `nfsieve status` looks by itself.
inline constexpr const char* default_control_socket = "/run/nfsieve/control.sock";

/// Served by one thread in its own poll loop, which it never holds up: clients that hang are cut off after
/// two seconds, those that say too much at once, those that are too many in the place of the oldest; after a
/// hundred connections in a second the rest of that second is quiet.
class ControlSocket {
public:
    using Clock = std::chrono::steady_clock;
    /// The answer to a request, both without the newline.
    using Answer = std::function<std::string(std::string_view request)>;

    static constexpr std::size_t longest_request = 4096;
    static constexpr std::size_t most_clients = 8;
    static constexpr int most_connections = 100; ///< a second
    static constexpr auto patience = std::chrono::seconds(2);

    /// Makes the socket, with mode 0660. One that a dead daemon has left is replaced; one that a living
    /// daemon answers on, or a file of another kind, is an error that says so.
    [[nodiscard]] static Result<std::unique_ptr<ControlSocket>> open(std::filesystem::path file,
                                                                     Answer answer);
    /// Takes the socket away, where it is still this one.
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    /// What to poll for POLLIN; -1, which poll(2) passes over, while a flood is being sat out.
    [[nodiscard]] int poll_fd(Clock::time_point now) const;
    /// Does what can be done without waiting. To be called whenever poll_fd() is ready, and once a second.
    void serve(Clock::time_point now);

private:
    struct Client {
        UniqueFd fd;
        std::string request, answer;
        std::size_t sent = 0;
        Clock::time_point until;
    };

    ControlSocket(std::filesystem::path file, Answer answer)
        : file_(std::move(file)), answer_(std::move(answer)) {}
    void accept_clients(Clock::time_point now);
    /// False where the client is to go.
    [[nodiscard]] bool talk(Client& client);
    [[nodiscard]] bool send_answer(Client& client);
    [[nodiscard]] bool watch(int fd, std::uint32_t events, int operation) const;

    std::filesystem::path file_;
    Answer answer_;
    UniqueFd listener_, epoll_;
    std::uint64_t device_ = 0, inode_ = 0; ///< of the socket's file
    std::vector<Client> clients_;          ///< oldest first
    Clock::time_point second_begun_;
    int connections_ = 0; ///< in this second
};

} // namespace nfsieve

// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/control_protocol.h"

#include "nfsieve/base/unique_fd.h"
#include "unix_socket.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <poll.h>

namespace nfsieve {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto longest_wait = std::chrono::seconds(5);
constexpr std::size_t longest_answer = std::size_t{1} << 20;

std::string error_answer(const std::string& message) {
    return nlohmann::json{{"error", message}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Error no_answer(const std::filesystem::path& socket, const std::string& what) {
    return Error{"no daemon answers at " + socket.string() + ": " + what};
}

Error connect_failure(const std::filesystem::path& socket, int error) {
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
        return no_answer(socket, "none runs (systemctl status nfsieve), or its configuration sets another "
                                 "control socket (--config FILE, --socket PATH)");
    case EACCES:
    case EPERM:
        return no_answer(socket, "no permission; ask as root or as a member of the group nfsieve");
    default:
        return no_answer(socket, std::strerror(error));
    }
}

/// The first line that comes.
Result<std::string> read_line(int fd, const std::filesystem::path& socket) {
    const auto deadline = Clock::now() + longest_wait;
    std::string answer;
    std::array<char, 16384> piece{};
    while (answer.size() < longest_answer) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd waiting{fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0)
            return no_answer(socket, "it is silent; does it hang? (systemctl status nfsieve)");
        const ssize_t received = ::recv(fd, piece.data(), piece.size(), 0);
        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            return no_answer(socket, "it has hung up; try again");
        answer.append(piece.data(), static_cast<std::size_t>(received));
        if (answer.back() == '\n') {
            answer.pop_back();
            return answer;
        }
    }
    return no_answer(socket, "its answer does not end");
}

} // namespace

std::string answer_control(std::string_view request, const std::function<std::string()>& status) {
    const auto json = nlohmann::json::parse(request, nullptr, false);
    if (!json.is_object() || !json.contains("command") || !json["command"].is_string())
        return error_answer("an object with a command is wanted, such as {\"command\": \"status\"}");
    const auto command = json["command"].get<std::string>();
    if (command == "status")
        return status();
    return error_answer("the command \"" + command + "\" is not known; there is \"status\"");
}

Result<std::string> ask_status(const std::filesystem::path& socket) {
    const auto address = unix_address(socket);
    if (!address)
        return address.error();
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd || connect_to(fd.get(), *address) != 0)
        return connect_failure(socket, errno);
    static constexpr std::string_view request = "{\"command\": \"status\"}\n";
    if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
        return connect_failure(socket, errno);
    auto answer = read_line(fd.get(), socket);
    if (!answer)
        return answer;
    const auto json = nlohmann::json::parse(*answer, nullptr, false);
    if (json.is_object() && json.contains("error"))
        return Error{"the daemon at " + socket.string() + " says: " + json["error"].dump()};
    return answer;
}

} // namespace nfsieve

// SPDX-License-Identifier: GPL-2.0-or-later
//
// A few bytes there and back on one connection, again and again: how long a packet is on its way when nothing
// else is. The server says on which port it listens, the client what the middle and the slowest of its rounds
// took.

#include "arguments.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t most_bytes = 1448; ///< one segment
constexpr auto warm_up = std::chrono::milliseconds(50);

int complain(const char* what) {
    std::fprintf(stderr, "ping_pong: %s: %s\n", what, std::strerror(errno));
    return 1;
}

bool address_of(const std::string& text, std::uint16_t port, sockaddr_in& address) {
    address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    return inet_pton(AF_INET, text.c_str(), &address.sin_addr) == 1;
}

bool send_at_once(int fd) {
    const int on = 1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

bool read_all(int fd, char* into, std::size_t size) {
    while (size != 0) {
        const ssize_t got = recv(fd, into, size, 0);
        if (got <= 0)
            return false;
        into += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

// Sends back what comes, as it comes, to one client after the other.
int serve(const std::string& text) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!address_of(text, 0, address) || listener < 0 ||
        bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener, 8) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        return complain(text.c_str());
    std::printf("%u\n", unsigned{ntohs(address.sin_port)});
    std::fflush(stdout);
    std::array<char, most_bytes> room{};
    while (true) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0)
            return complain("accept");
        send_at_once(client);
        ssize_t got = 0;
        while ((got = recv(client, room.data(), room.size(), 0)) > 0 &&
               send(client, room.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got) {
        }
        close(client);
    }
}

int play(const std::string& text, std::uint16_t port, std::size_t size, double seconds) {
    sockaddr_in address{};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    if (!address_of(text, port, address) || fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || !send_at_once(fd))
        return complain(text.c_str());
    std::vector<char> ball(size, 'o');
    std::vector<Clock::duration> rounds;
    rounds.reserve(1U << 20);
    const auto counted_from = Clock::now() + warm_up;
    const auto until =
        counted_from + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (auto begun = Clock::now(); begun < until;) {
        if (send(fd, ball.data(), size, MSG_NOSIGNAL) != static_cast<ssize_t>(size) ||
            !read_all(fd, ball.data(), size))
            return complain("the connection broke");
        const auto now = Clock::now();
        if (begun >= counted_from)
            rounds.push_back(now - begun);
        begun = now;
    }
    close(fd);
    if (rounds.empty()) {
        std::fputs("ping_pong: no round was over in time\n", stderr);
        return 1;
    }
    std::sort(rounds.begin(), rounds.end());
    const auto at = [&](double share) {
        const auto index = static_cast<std::size_t>(share * static_cast<double>(rounds.size() - 1));
        return Microseconds(rounds[index]).count();
    };
    std::printf("rounds=%zu p50=%.1f p99=%.1f max=%.1f us\n", rounds.size(), at(0.5), at(0.99), at(1));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    nfsieve::test::Arguments arguments(argc, argv);
    const std::string served = arguments.take("--serve", "");
    const std::string server = arguments.take("--connect", "");
    const std::uint64_t port = arguments.take_number("--port", 0);
    const std::uint64_t size = arguments.take_number("--size", 64);
    const double seconds = arguments.take_real("--seconds", 1);
    if (!arguments.rest().empty() || served.empty() == server.empty() || port > 65535 || size == 0 ||
        size > most_bytes) {
        std::fputs("usage: ping_pong --serve IPV4\n"
                   "       ping_pong --connect IPV4 --port PORT [--size 1..1448] [--seconds S]\n",
                   stderr);
        return 1;
    }
    return served.empty() ? play(server, static_cast<std::uint16_t>(port), size, seconds) : serve(served);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "real_sockets.h"

#include "real_wire.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace nfsieve::evasion {
namespace {

sockaddr_in6 any_address(std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    return address;
}

/// IPv4 as a mapped address, so that one kind of socket does for both.
sockaddr_in6 address_of(const std::array<std::uint8_t, 16>& raw, bool v6, std::uint16_t port) {
    sockaddr_in6 address = any_address(port);
    std::uint8_t* bytes = address.sin6_addr.s6_addr;
    if (v6) {
        std::copy(raw.begin(), raw.end(), bytes);
    } else {
        bytes[10] = bytes[11] = 0xff;
        std::copy_n(raw.begin(), 4, bytes + 12);
    }
    return address;
}

UniqueFd make_socket() {
    return UniqueFd(::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool bind_to(int fd, const sockaddr_in6& address) {
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool watch(int epoll, int fd, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

} // namespace

bool RealSockets::open() {
    epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    for (const Rule rule : {Rule::contains, Rule::anchored, Rule::compound}) {
        UniqueFd fd = make_socket();
        if (fd.get() < 0 || !bind_to(fd.get(), any_address(server_port(rule))) ||
            ::listen(fd.get(), 4096) != 0 || !watch(epoll_.get(), fd.get(), EPOLLIN))
            return false;
        listeners_.push_back(std::move(fd));
    }
    return true;
}

bool RealSockets::connect(std::uint16_t key, bool v6, Rule rule) {
    UniqueFd fd = make_socket();
    const Ends ends = ghost_to_server(v6);
    const sockaddr_in6 own = address_of(ends.target, v6, key);
    const sockaddr_in6 ghost = address_of(ends.source, v6, server_port(rule));
    if (fd.get() < 0 || !bind_to(fd.get(), own))
        return false;
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&ghost), sizeof ghost) != 0 &&
        errno != EINPROGRESS)
        return false;
    add(std::move(fd), key);
    return true;
}

void RealSockets::add(UniqueFd fd, std::uint16_t key) {
    const int number = fd.get();
    Reading& reading = *readings_.at(key);
    reading.ended = false;
    reading.read.emplace_back();
    watch(epoll_.get(), number, EPOLLIN | EPOLLRDHUP);
    connections_[number] = {std::move(fd), key, reading.read.size() - 1};
}

void RealSockets::accept_all(int listener) {
    for (;;) {
        sockaddr_in6 peer{};
        socklen_t size = sizeof peer;
        UniqueFd fd(
            ::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd.get() < 0)
            return;
        const std::uint16_t key = ntohs(peer.sin6_port);
        if (!readings_.contains(key))
            continue; // of a case that is over
        const int number = fd.get();
        add(std::move(fd), key);
        read(number);
    }
}

void RealSockets::poll() {
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (connections_.contains(fd))
                read(fd);
            else
                accept_all(fd);
        }
        if (count < static_cast<int>(events.size()))
            return;
    }
}

void RealSockets::read(int fd) {
    const Connection& connection = connections_.at(fd);
    Reading& reading = *readings_.at(connection.key);
    std::array<char, 16384> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    for (;;) {
        const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (size > 0) {
            reading.read[connection.index].append(buffer.data(), static_cast<std::size_t>(size));
            continue;
        }
        if (size < 0 && errno == EAGAIN)
            return;
        if (size == 0 && connection.index + 1 == reading.read.size())
            reading.ended = true;
        return close(fd, false);
    }
}

void RealSockets::close(int fd, bool reset) {
    if (reset) {
        const linger at_once{1, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    connections_.erase(fd);
}

void RealSockets::forget(std::uint16_t key) {
    std::vector<int> left;
    for (const auto& [fd, connection] : connections_)
        if (connection.key == key)
            left.push_back(fd);
    for (const int fd : left)
        close(fd, true);
    readings_.erase(key);
}

} // namespace nfsieve::evasion

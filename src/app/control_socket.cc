// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/control_socket.h"

#include "control_listen.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace nfsieve {

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(std::filesystem::path file, Answer answer) {
    auto listener = listen_at(file);
    if (!listener)
        return listener.error();
    std::unique_ptr<ControlSocket> control(new ControlSocket(std::move(file), std::move(answer)));
    control->listener_ = *std::move(listener);
    struct stat status {};
    if (::stat(control->file_.c_str(), &status) == 0) {
        control->device_ = status.st_dev;
        control->inode_ = status.st_ino;
    }
    control->epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!control->epoll_ || !control->watch(control->listener_.get(), EPOLLIN, EPOLL_CTL_ADD))
        return Error{std::string("control socket: epoll: ") + std::strerror(errno)};
    return control;
}

ControlSocket::~ControlSocket() {
    struct stat status {};
    if (::stat(file_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(file_.c_str());
}

int ControlSocket::poll_fd(Clock::time_point now) const {
    const bool quiet = connections_ >= most_connections && now - second_begun_ < std::chrono::seconds(1);
    return quiet ? -1 : epoll_.get();
}

void ControlSocket::serve(Clock::time_point now) {
    std::erase_if(clients_, [now](const Client& client) { return now >= client.until; });
    if (now - second_begun_ >= std::chrono::seconds(1)) {
        second_begun_ = now;
        connections_ = 0;
    }
    std::array<epoll_event, most_clients + 1> ready{};
    const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), 0);
    for (int i = 0; i < count; ++i) {
        const int fd = ready[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_.get()) {
            accept_clients(now);
            continue;
        }
        const auto client = std::find_if(clients_.begin(), clients_.end(),
                                         [fd](const Client& each) { return each.fd.get() == fd; });
        if (client != clients_.end() && !talk(*client))
            clients_.erase(client);
    }
}

void ControlSocket::accept_clients(Clock::time_point now) {
    while (connections_ < most_connections) {
        UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd)
            return;
        ++connections_;
        if (!watch(fd.get(), EPOLLIN, EPOLL_CTL_ADD))
            continue;
        if (clients_.size() == most_clients)
            clients_.erase(clients_.begin());
        clients_.push_back({std::move(fd), {}, {}, 0, now + patience});
    }
}

bool ControlSocket::talk(Client& client) {
    if (!client.answer.empty())
        return send_answer(client);
    std::array<char, longest_request> piece{};
    const ssize_t received = ::recv(client.fd.get(), piece.data(), piece.size(), 0);
    if (received < 0)
        return errno == EAGAIN || errno == EINTR;
    if (received == 0)
        return false;
    client.request.append(piece.data(), static_cast<std::size_t>(received));
    const std::size_t end = client.request.find('\n');
    if (std::min(end, client.request.size()) > longest_request)
        client.answer = R"({"error": "the request is too long"})";
    else if (end == std::string::npos)
        return true;
    else
        client.answer = answer_(std::string_view(client.request).substr(0, end));
    client.answer += '\n';
    return send_answer(client);
}

bool ControlSocket::send_answer(Client& client) {
    const ssize_t sent = ::send(client.fd.get(), client.answer.data() + client.sent,
                                client.answer.size() - client.sent, MSG_NOSIGNAL);
    if (sent < 0)
        return (errno == EAGAIN || errno == EINTR) && watch(client.fd.get(), EPOLLOUT, EPOLL_CTL_MOD);
    client.sent += static_cast<std::size_t>(sent);
    return client.sent < client.answer.size() && watch(client.fd.get(), EPOLLOUT, EPOLL_CTL_MOD);
}

bool ControlSocket::watch(int fd, std::uint32_t events, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

} // namespace nfsieve

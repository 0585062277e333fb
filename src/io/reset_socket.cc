// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/reset_socket.h"

#include "nfsieve/base/unique_fd.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

namespace nfsieve {
namespace {

class RawResetSink : public ResetSink {
public:
    RawResetSink(UniqueFd v4, UniqueFd v6) : v4_(std::move(v4)), v6_(std::move(v6)) {}

    bool send(const ResetRequest& request) override {
        const ResetPacket packet = build_reset(request);
        return request.destination.is_v4() ? send_v4(request, packet) : send_v6(request, packet);
    }

private:
    bool send_v4(const ResetRequest& request, const ResetPacket& packet) const {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        std::memcpy(&to.sin_addr, &request.destination.bytes[12], sizeof to.sin_addr);
        return send_to(v4_, packet, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }

    bool send_v6(const ResetRequest& request, const ResetPacket& packet) const {
        sockaddr_in6 to{};
        to.sin6_family = AF_INET6;
        std::memcpy(&to.sin6_addr, request.destination.bytes.data(), sizeof to.sin6_addr);
        return send_to(v6_, packet, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }

    static bool send_to(const UniqueFd& fd, const ResetPacket& packet, const sockaddr* to, socklen_t size) {
        ssize_t sent = 0;
        do
            sent = ::sendto(fd.get(), packet.data.data(), packet.size, MSG_DONTWAIT | MSG_NOSIGNAL, to, size);
        while (sent < 0 && errno == EINTR);
        return sent == static_cast<ssize_t>(packet.size);
    }

    UniqueFd v4_, v6_; ///< v6_ is none where the kernel has no IPv6
};

/// IPPROTO_RAW sockets send and never receive; the header is always ours (raw(7), ipv6(7)).
Result<UniqueFd> open_raw(int family, std::uint32_t mark) {
    UniqueFd fd(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
    if (!fd) {
        const int error = errno;
        if (family == AF_INET6 && error == EAFNOSUPPORT)
            return fd;
        return Error{std::string("resets: cannot open a raw socket: ") + std::strerror(error) +
                     (error == EPERM
                          ? "; `reject` needs CAP_NET_RAW: run as root or under nfsieve.service, or "
                            "use `drop` in the rules"
                          : "")};
    }
    const int on = 1;
    const int included = family == AF_INET
                             ? ::setsockopt(fd.get(), IPPROTO_IP, IP_HDRINCL, &on, sizeof on)
                             : ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof on);
    if (included != 0)
        return Error{std::string("resets: cannot send own IP headers: ") + std::strerror(errno)};
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0) {
        const int error = errno;
        return Error{std::string("resets: cannot mark packets: ") + std::strerror(error) +
                     "; this needs CAP_NET_ADMIN (or CAP_NET_RAW from Linux 5.17 on)"};
    }
    return fd;
}

} // namespace

Result<std::unique_ptr<ResetSink>> open_reset_socket(std::uint32_t own_mark) {
    auto v4 = open_raw(AF_INET, own_mark);
    if (!v4)
        return v4.error();
    auto v6 = open_raw(AF_INET6, own_mark);
    if (!v6)
        return v6.error();
    return std::unique_ptr<ResetSink>(std::make_unique<RawResetSink>(*std::move(v4), *std::move(v6)));
}

} // namespace nfsieve

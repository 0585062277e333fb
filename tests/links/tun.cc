// SPDX-License-Identifier: GPL-2.0-or-later
#include "tun.h"

#include "gso.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <system_error>

namespace links {

namespace {

constexpr std::size_t longest_frame = sizeof(OffloadHeader) + 65'536;

int check(int result, const std::string& what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

class Descriptor {
public:
    Descriptor(const std::string& path, int flags)
        : fd_(check(::open(path.c_str(), flags | O_CLOEXEC), path)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

// A tun file belongs to the namespace in which it was opened.
Descriptor open_in(const std::string& namespace_path) {
    const Descriptor home("/proc/thread-self/ns/net", O_RDONLY);
    const Descriptor other(namespace_path, O_RDONLY);
    check(::setns(other.get(), CLONE_NEWNET), "setns");
    try {
        Descriptor tun("/dev/net/tun", O_RDWR | O_NONBLOCK);
        check(::setns(home.get(), CLONE_NEWNET), "setns");
        return tun;
    } catch (...) {
        (void)::setns(home.get(), CLONE_NEWNET);
        throw;
    }
}

} // namespace

Tun::Tun(const std::string& namespace_path, const std::string& name) : fd_(-1) {
    Descriptor tun = open_in(namespace_path);
    ifreq request{};
    name.copy(request.ifr_name, sizeof request.ifr_name - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
    check(::ioctl(tun.get(), TUNSETIFF, &request), "TUNSETIFF " + name);
    // What the device can carry; `ethtool -K` in the namespace switches it off and on from there.
    check(::ioctl(tun.get(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN),
          "TUNSETOFFLOAD");
    fd_ = tun.release();
}

Frame Tun::read() {
    std::array<std::byte, longest_frame> room;
    const auto length = ::read(fd_, room.data(), room.size());
    return length <= 0 ? Frame{} : Frame(room.begin(), room.begin() + length);
}

bool Tun::write(const Frame& frame) {
    return ::write(fd_, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
}

} // namespace links

"""The media service (ver20), which knows H.265."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.loop import Codec
from simulator.onvif.encoder import FRAME_RATES, SetEncoder, bitrates, options, wanted_spec
from simulator.onvif.media import find_encoder, find_profile, source_configurations, stream_uri
from simulator.onvif.profiles import Profile, snapshot_path
from simulator.onvif.soap import NAMESPACES, Call, Operation, tag


class Media2Service:
    def __init__(self, profiles: Sequence[Profile], rtsp_port: int, set_encoder: SetEncoder) -> None:
        self._profiles, self._rtsp_port, self._set_encoder = profiles, rtsp_port, set_encoder

    def operations(self) -> dict[str, Operation]:
        answers: tuple[Callable[[Call], str], ...] = (
            self.GetProfiles,
            self.GetVideoSourceConfigurations,
            self.GetVideoEncoderConfigurations,
            self.GetVideoEncoderConfigurationOptions,
            self.SetVideoEncoderConfiguration,
            self.GetStreamUri,
            self.GetSnapshotUri,
            self.GetServiceCapabilities,
        )
        return {answer.__name__: answer for answer in answers}

    def GetProfiles(self, call: Call) -> str:  # noqa: N802
        token = call.text("tr2:Token")
        chosen = [find_profile(self._profiles, token)] if token else self._profiles
        kinds = {found.text for found in call.operation.findall("tr2:Type", NAMESPACES)}
        profiles = "".join(
            f'<tr2:Profiles token="{profile.token}" fixed="true">'
            f"{tag('tr2:Name', profile.name)}{_configurations(profile, kinds)}</tr2:Profiles>"
            for profile in chosen
        )
        return f"<tr2:GetProfilesResponse>{profiles}</tr2:GetProfilesResponse>"

    def GetVideoSourceConfigurations(self, call: Call) -> str:  # noqa: N802
        configurations = source_configurations("tr2:Configurations", self._profiles)
        return f"<tr2:GetVideoSourceConfigurationsResponse>{configurations}</tr2:GetVideoSourceConfigurationsResponse>"

    def GetVideoEncoderConfigurations(self, call: Call) -> str:  # noqa: N802
        wanted = call.text("tr2:ConfigurationToken")
        configurations = "".join(
            _encoder("tr2:Configurations", profile)
            for profile in self._profiles
            if wanted in (None, profile.encoder_token)
        )
        return (
            f"<tr2:GetVideoEncoderConfigurationsResponse>{configurations}</tr2:GetVideoEncoderConfigurationsResponse>"
        )

    def GetVideoEncoderConfigurationOptions(self, call: Call) -> str:  # noqa: N802
        spec = find_encoder(self._profiles, call.text("tr2:ConfigurationToken")).spec
        rates = " ".join(str(rate) for rate in FRAME_RATES)
        choices = "".join(
            f'<tr2:Options GovLengthRange="1 400" FrameRatesSupported="{rates}" ProfilesSupported="Main">'
            f"{tag('tt:Encoding', codec)}<tt:QualityRange><tt:Min>0</tt:Min><tt:Max>10</tt:Max></tt:QualityRange>"
            f"{options(spec)}{bitrates()}</tr2:Options>"
            for codec in Codec
        )
        answer = "tr2:GetVideoEncoderConfigurationOptionsResponse"
        return f"<{answer}>{choices}</{answer}>"

    def SetVideoEncoderConfiguration(self, call: Call) -> str:  # noqa: N802
        configuration = call.operation.find("tr2:Configuration", NAMESPACES)
        profile = find_encoder(self._profiles, call.attribute("tr2:Configuration", "token"))
        assert configuration is not None  # it had a token
        wanted = wanted_spec(profile, configuration, gop_frames=configuration.get("GovLength"))
        self._set_encoder(profile.encoder_token, wanted)
        return "<tr2:SetVideoEncoderConfigurationResponse/>"

    def GetStreamUri(self, call: Call) -> str:  # noqa: N802
        profile = find_profile(self._profiles, call.text("tr2:ProfileToken"))
        uri = stream_uri(call, self._rtsp_port, profile)
        return f"<tr2:GetStreamUriResponse>{tag('tr2:Uri', uri)}</tr2:GetStreamUriResponse>"

    def GetSnapshotUri(self, call: Call) -> str:  # noqa: N802
        profile = find_profile(self._profiles, call.text("tr2:ProfileToken"))
        uri = tag("tr2:Uri", call.base_url + snapshot_path(profile.source))
        return f"<tr2:GetSnapshotUriResponse>{uri}</tr2:GetSnapshotUriResponse>"

    def GetServiceCapabilities(self, call: Call) -> str:  # noqa: N802
        return (
            '<tr2:GetServiceCapabilitiesResponse><tr2:Capabilities SnapshotUri="true">'
            f'<tr2:ProfileCapabilities MaximumNumberOfProfiles="{len(self._profiles)}" '
            'ConfigurationsSupported="VideoSource VideoEncoder"/>'
            '<tr2:StreamingCapabilities RTSPStreaming="true" RTPMulticast="false" RTP_RTSP_TCP="true"/>'
            "</tr2:Capabilities></tr2:GetServiceCapabilitiesResponse>"
        )


def _configurations(profile: Profile, kinds: set[str | None]) -> str:
    """What a client asked to see of a profile; a client that names nothing gets none, as the standard has it."""
    parts = ""
    if kinds & {"All", "VideoSource"}:
        parts += source_configurations("tr2:VideoSource", (profile,))
    if kinds & {"All", "VideoEncoder"}:
        parts += _encoder("tr2:VideoEncoder", profile)
    return f"<tr2:Configurations>{parts}</tr2:Configurations>" if parts else ""


def _encoder(element: str, profile: Profile) -> str:
    spec = profile.spec
    return (
        f'<{element} token="{profile.encoder_token}" GovLength="{spec.frames_per_gop}" Profile="Main">'
        f"{tag('tt:Name', profile.name)}<tt:UseCount>1</tt:UseCount>{tag('tt:Encoding', Codec(spec.codec))}"
        f"<tt:Resolution>{tag('tt:Width', spec.width)}{tag('tt:Height', spec.height)}</tt:Resolution>"
        f'<tt:RateControl ConstantBitRate="false">{tag("tt:FrameRateLimit", spec.fps)}'
        f"{tag('tt:BitrateLimit', spec.bitrate_bps // 1000)}</tt:RateControl><tt:Quality>4</tt:Quality></{element}>"
    )

"""What a recipe may say of the networks: what they read, how large they are, how they learn."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from rrcat.estimator import Params


class Augmentation(Params):
    """How a light curve is changed each time the network sees it while it learns."""

    noise: float = Field(
        default=0.01,
        ge=0,
        le=0.5,
        description="Noise that is added: standard deviation of each magnitude, and once more of "
        "all of them together, mag.",
    )
    dropped: float = Field(
        default=0.2,
        ge=0,
        le=0.9,
        description="Largest share of the observations that is left out; the share is drawn evenly "
        "from 0 to this.",
    )
    shift: float = Field(
        default=0.02,
        ge=0,
        le=0.5,
        description="Shift of all phases: standard deviation, cycles.",
    )
    coefficients: float = Field(
        default=0.15,
        ge=0,
        le=2,
        description="Noise that is added to the Fourier coefficients that are read: standard "
        "deviation, of what they scatter among the calibrators.",
    )
    resampled: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Probability that the light curve is replaced by a draw of its Fourier "
        "coefficients, given their errors, at the phases of another star with its own scatter.",
    )


class NetworkParams(Params):
    """What both estimators can be told; each has the sizes of its network besides."""

    bands: tuple[str, ...] = Field(
        default=(),
        description="Photometric bands that are read together; by default the one in which most "
        "calibrators have a fit, of several the one in which A1 is known best.",
    )
    fourier: bool = Field(
        default=True,
        description="Whether regularised Fourier coefficients and their errors are read besides "
        "the observations.",
    )
    members: int = Field(
        default=1,
        ge=1,
        le=50,
        description="Networks whose mixture predicts, each with its own start and its own "
        "validation stars.",
    )
    epochs: int = Field(
        default=100, ge=1, le=10_000, description="Most times that each star is learned from."
    )
    batch_size: int = Field(
        default=64, ge=1, le=4096, description="Stars in a step, fewer where there are few."
    )
    learning_rate: float = Field(
        default=6e-3, gt=0, le=1, description="Highest learning rate; it rises, then falls to 1 %."
    )
    weight_decay: float = Field(default=1e-3, ge=0, le=1, description="Weight decay of AdamW.")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="Share of dropped units.")
    patience: int = Field(
        default=40,
        ge=1,
        description="Epochs without a better score of the validation stars before it stops.",
    )
    validation: float = Field(
        default=0.1,
        gt=0,
        le=0.5,
        description="Share of the stars that a network does not learn from: they choose its epoch "
        "and scale its errors.",
    )
    loss: Literal["crps", "beta-nll"] = Field(
        default="beta-nll",
        description="Proper score of value and error: continuous ranked probability score, or "
        "likelihood weighted by the variance to the power of 1/2.",
    )
    auxiliary: float = Field(
        default=0.5,
        ge=0,
        le=100,
        description="Weight of a second target, the star's regularised Fourier coefficients.",
    )
    density_weight: float = Field(
        default=0.5,
        ge=0,
        le=2,
        description="Rare metallicities weigh more: exponent of one over their density.",
    )
    max_points: int = Field(
        default=48,
        ge=8,
        le=1024,
        description="Most points of a star in a band; of more, neighbours in phase are averaged.",
    )
    min_points: int = Field(
        default=8, ge=1, description="Fewest observations from which a star gets a value."
    )
    max_gap: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="Largest gap between observations with which a star gets a value, cycles.",
    )
    min_stars: int = Field(
        default=30, ge=20, description="Fewest calibrators of a pulsation type to learn it from."
    )
    augmentation: Augmentation = Augmentation()
    tensorboard: bool = Field(
        default=False,
        description="Whether learning leaves event files for TensorBoard beside its checkpoints.",
    )

    @model_validator(mode="after")
    def _names_bands_once(self) -> NetworkParams:
        if len(set(self.bands)) < len(self.bands):
            raise ValueError("a band stands twice in bands")
        return self


class LstmParams(NetworkParams):
    """Parameters of ``keras-lstm``."""

    units: int = Field(default=32, ge=1, le=1024, description="Units in each direction.")
    layers: int = Field(default=1, ge=1, le=16, description="Recurrent layers.")
    wrapped: int = Field(
        default=8,
        ge=0,
        le=256,
        description="Points of the cycle before that are read before the first, and of the next "
        "after the last.",
    )
    width: int = Field(default=32, ge=1, le=1024, description="Units of the layer before the last.")
    harmonics: int = Field(
        default=4, ge=1, le=16, description="Harmonics of the phase that the network is told."
    )


class TransformerParams(NetworkParams):
    """Parameters of ``keras-transformer``."""

    width: int = Field(default=32, ge=1, le=1024, description="Units of each anchor.")
    layers: int = Field(default=2, ge=1, le=16, description="Blocks of self-attention.")
    heads: int = Field(default=4, ge=1, le=64, description="Attention heads; width is a multiple.")
    anchors: int = Field(
        default=16,
        ge=2,
        le=256,
        description="Phases round the cycle that attend to the points near them, and then to one "
        "another.",
    )
    concentrations: tuple[Annotated[float, Field(gt=0, le=1e4)], ...] = Field(
        default=(3.0, 12.0, 40.0, 120.0),
        min_length=1,
        max_length=16,
        description="How narrowly, at the start: concentration of the von Mises kernel of each "
        "head with which an anchor sees points; it is learned.",
    )
    harmonics: int = Field(
        default=2, ge=1, le=16, description="Harmonics of the phase that the network is told."
    )

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> TransformerParams:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is no multiple of heads {self.heads}")
        return self

//! `gan-pipe describe`: the layers of an architecture, with their parameters and multiplications.
//!
//! Knows no study: an architecture is described as the conventions and normalizations of a study would build it.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::{Map, Value, json};

use super::arguments::{MessageArguments, MessageFormat};
use super::error::CommandError;
use super::messages::Message;
use super::status::Status;
use super::terminal::Terminal;
use super::text;
use crate::gan::GeneratorNormalization;
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::nn::{Extents, LayerCost, Network};
use crate::study::{self, ArchitectureName, Normalization};

/// Describe an architecture layer by layer: extents, parameters, multiplications.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gan-pipe describe                   all architectures, with their sizes
  gan-pipe describe resnet19          its layers at the published size
  gan-pipe describe sndcgan --resolution 128 --convention compare-gan
  gan-pipe describe resnet19 --normalization layer --message-format json")]
pub(super) struct DescribeArguments {
    /// The architecture; left out, all are listed.
    #[arg(value_name = "ARCHITECTURE", value_parser = architectures())]
    architecture: Option<ArchitectureName>,

    /// Factor on the channels of hidden layers.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = width)]
    width: f64,

    /// Height and width of images in pixels; left out, what the architecture was published for.
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u16).range(4..=1024))]
    resolution: Option<u16>,

    /// Channels of images, 1 to 3; left out, what the architecture was published for.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=3))]
    channels: Option<u8>,

    /// Numbers in a latent vector; left out, what the architecture was published with.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    latent: Option<u16>,

    /// Normalization of the discriminator: none, batch, layer or spectral.
    #[arg(long, value_name = "NAME", default_value = "none", value_parser = normalizations())]
    #[arg(hide_possible_values = true)]
    normalization: Normalization,

    /// The convention: standard, compare-gan or miyato.
    #[arg(long, value_name = "NAME", default_value = "standard", value_parser = conventions())]
    #[arg(hide_possible_values = true)]
    convention: study::Convention,

    #[command(flatten)]
    messages: MessageArguments,
}

fn architectures() -> impl TypedValueParser<Value = ArchitectureName> {
    let names = PossibleValuesParser::new(ArchitectureName::ALL.iter().map(|name| name.name()));
    names.map(|word| of_word(&word, ArchitectureName::ALL, |name| name.name()))
}

fn normalizations() -> impl TypedValueParser<Value = Normalization> {
    let names = PossibleValuesParser::new(Normalization::ALL.iter().map(|name| name.name()));
    names.map(|word| of_word(&word, Normalization::ALL, |name| name.name()))
}

fn conventions() -> impl TypedValueParser<Value = study::Convention> {
    let all = study::Convention::all();
    let names = PossibleValuesParser::new(all.each_ref().map(study::Convention::name));
    names.map(move |word| of_word(&word, &all, study::Convention::name))
}

/// The value of a word that the parser has let through.
fn of_word<T: Clone>(word: &str, all: &[T], name: impl Fn(&T) -> &'static str) -> T {
    let found = all.iter().find(|value| name(value) == word);
    found.expect("the parser lets only these words through").clone()
}

fn width(word: &str) -> Result<f64, String> {
    let number = word.parse::<f64>().map_err(|error| error.to_string())?;
    let is_factor = number > 0.0 && number <= 4.0;
    is_factor
        .then_some(number)
        .ok_or_else(|| "expected a number above 0 and at most 4".to_owned())
}

pub(super) fn run(arguments: &DescribeArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let described = match arguments.architecture {
        Some(name) => vec![Described::new(name, arguments)?],
        None => ArchitectureName::ALL
            .iter()
            .map(|name| Described::new(*name, arguments))
            .collect::<Result<_, _>>()?,
    };
    match (arguments.messages.message_format, arguments.architecture) {
        (MessageFormat::Human, Some(_)) => terminal.print(&described[0].page())?,
        (MessageFormat::Human, None) => terminal.print(&list(&described))?,
        (MessageFormat::Json, _) => {
            for one in described {
                one.message().print(terminal)?;
            }
        }
    }
    Ok(Status::Success)
}

/// One architecture as it is built.
struct Described {
    name: ArchitectureName,
    architecture: Architecture,
    latent: usize,
    convention: &'static str,
    normalization: Normalization,
    generator: Network,
    discriminator: Network,
}

impl Described {
    fn new(name: ArchitectureName, arguments: &DescribeArguments) -> Result<Self, CommandError> {
        let kind = name.kind();
        let resolution = arguments
            .resolution
            .map_or(kind.published_resolution(), usize::from);
        let normalization = arguments.normalization;
        refuse_impossible(kind, name, resolution, arguments)?;
        let architecture = Architecture {
            generator: kind,
            discriminator: kind,
            width: arguments.width,
            resolution,
            channels: arguments.channels.map_or(kind.published_channels(), usize::from),
        };
        let choices = arguments.convention.choices();
        let latent = arguments.latent.map_or(kind.published_latent(), usize::from);
        Ok(Self {
            name,
            architecture,
            latent,
            convention: arguments.convention.name(),
            normalization,
            generator: architecture.generator(latent, GeneratorNormalization::Batch, &choices),
            discriminator: architecture.discriminator(normalization.kind(), &choices),
        })
    }

    fn page(&self) -> String {
        let Architecture {
            width,
            resolution,
            channels,
            ..
        } = self.architecture;
        let mut page = format!(
            "{} at {resolution} x {resolution} x {channels}, width {width}, {} latent numbers, convention {}, \
             discriminator normalization {}\n",
            self.name, self.latent, self.convention, self.normalization
        );
        for (title, network) in [
            ("Generator", &self.generator),
            ("Discriminator", &self.discriminator),
        ] {
            let header = [title, "operation", "output", "parameters", "multiply-adds"].map(str::to_owned);
            let mut rows = vec![header.to_vec()];
            rows.extend(network.costs().iter().map(row));
            let total = [
                "total".to_owned(),
                String::new(),
                String::new(),
                text::grouped(network.parameters() as u64),
                text::grouped(network.multiplications()),
            ];
            rows.push(total.to_vec());
            page.push('\n');
            page.push_str(&text::columns_after(2, &rows));
        }
        page.push_str(
            "\nMultiply-adds are those of matrix products and convolutions, for one image going forward.\n",
        );
        page
    }

    fn message(&self) -> Message {
        let Architecture {
            width,
            resolution,
            channels,
            ..
        } = self.architecture;
        Message::new("architecture")
            .with("architecture", self.name.name())
            .with("resolution", resolution)
            .with("channels", channels)
            .with("width", width)
            .with("latent_dimension", self.latent)
            .with("convention", self.convention)
            .with("discriminator_normalization", self.normalization.name())
            .with("generator", network(&self.generator))
            .with("discriminator", network(&self.discriminator))
    }
}

fn refuse_impossible(
    kind: ArchitectureKind,
    name: ArchitectureName,
    resolution: usize,
    arguments: &DescribeArguments,
) -> Result<(), CommandError> {
    let refused = |message: String| CommandError::new(Status::Usage, message);
    if !kind.has_resolution(resolution) {
        let message = format!("{name} cannot be built for {resolution} pixels");
        return Err(refused(message).hint(format!("it can for {}", kind.resolutions())));
    }
    let possible = kind.discriminator_normalizations();
    if !possible.contains(&arguments.normalization.kind()) {
        let normalization = arguments.normalization;
        let message = format!("{name}'s discriminator has no {normalization} normalization");
        let words = Normalization::ALL
            .iter()
            .filter(|word| possible.contains(&word.kind()));
        let words: Vec<&str> = words.map(|word| word.name()).collect();
        return Err(refused(message).hint(format!("it can have {}", words.join(", "))));
    }
    Ok(())
}

/// All architectures, one a line.
fn list(all: &[Described]) -> String {
    let header = [
        "architecture",
        "image",
        "generator parameters",
        "discriminator parameters",
        "generator multiply-adds",
        "discriminator multiply-adds",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|one| {
        let image = Extents::Image([
            one.architecture.resolution,
            one.architecture.resolution,
            one.architecture.channels,
        ]);
        let networks = [&one.generator, &one.discriminator];
        let parameters = networks.map(|network| text::grouped(network.parameters() as u64));
        let multiplications = networks.map(|network| text::grouped(network.multiplications()));
        let mut row = vec![one.name.name().to_owned(), extents(image)];
        row.extend(parameters);
        row.extend(multiplications);
        row
    }));
    text::columns(&rows)
}

fn row(layer: &LayerCost) -> Vec<String> {
    let or_nothing = |number: u64| {
        if number == 0 {
            String::new()
        } else {
            text::grouped(number)
        }
    };
    vec![
        format!("{}{}", "  ".repeat(layer.depth), layer.name),
        layer.operation.clone(),
        extents(layer.output),
        or_nothing(layer.parameters as u64),
        or_nothing(layer.multiplications),
    ]
}

fn extents(extents: Extents) -> String {
    match extents {
        Extents::Vector(units) => units.to_string(),
        Extents::Image([h, w, c]) => format!("{h}x{w}x{c}"),
    }
}

fn network(network: &Network) -> Value {
    let layer = |cost: &LayerCost| {
        let output: Vec<usize> = match cost.output {
            Extents::Vector(units) => vec![units],
            Extents::Image(extents) => extents.to_vec(),
        };
        json!({
            "depth": cost.depth,
            "name": cost.name,
            "operation": cost.operation,
            "output": output,
            "parameters": cost.parameters,
            "multiply_adds": cost.multiplications,
        })
    };
    let fields = [
        ("parameters", json!(network.parameters())),
        ("multiply_adds", json!(network.multiplications())),
        ("layers", network.costs().iter().map(layer).collect()),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Value::Object(Map::from_iter(fields))
}
